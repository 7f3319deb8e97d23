from .html import (
    Report as Report,
    ReportFigure as ReportFigure,
    Spectrum as Spectrum,
    write_report as write_report,
)
