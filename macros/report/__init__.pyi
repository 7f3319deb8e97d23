from .html import (
    GENERATOR as GENERATOR,
    render_report as render_report,
    report_template as report_template,
    write_report as write_report,
)
from .page import (
    Report as Report,
    ReportFigure as ReportFigure,
    ReportFile as ReportFile,
    ReportTable as ReportTable,
    Section as Section,
    beside as beside,
    report_figure as report_figure,
)
