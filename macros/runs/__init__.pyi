from .event_figures import (
    events_picture as events_picture,
)
from .event_totals import (
    Reweighting as Reweighting,
    check_verdict as check_verdict,
)
from .job import (
    ReportResult as ReportResult,
    RunResult as RunResult,
    report_data as report_data,
    run_job as run_job,
)
from .measurement import (
    measure as measure,
)
from .production import (
    Production as Production,
    produce as produce,
)
from .reports import (
    Analysis as Analysis,
    ReportPlan as ReportPlan,
    calibration_report as calibration_report,
    campaign_report as campaign_report,
    coverage_report as coverage_report,
)
from .reweighting import (
    reweight as reweight,
)
from .run_provenance import (
    check_input as check_input,
    check_measured_file as check_measured_file,
    input_record as input_record,
    provenance as provenance,
)
from .study_parts import (
    run_band as run_band,
    run_comparison as run_comparison,
    run_goodness as run_goodness,
)
