from .analysis import (
    Analysis as Analysis,
    analyse as analyse,
)
from .files import (
    FILES as FILES,
    write_files as write_files,
    write_histograms as write_histograms,
)
from .studies import (
    ReportPlan as ReportPlan,
    calibration_report as calibration_report,
    campaign_report as campaign_report,
    coverage_report as coverage_report,
)
