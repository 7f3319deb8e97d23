from .event_figures import (
    events_picture as events_picture,
)
from .event_totals import (
    check_verdict as check_verdict,
)
from .job import (
    RunResult as RunResult,
    run_job as run_job,
)
from .measurement import (
    measure as measure,
)
from .production import (
    Production as Production,
    produce as produce,
)
from .rerun import (
    differences as differences,
    remake as remake,
)
from .reweighting import (
    Reweighting as Reweighting,
    reweight as reweight,
)
from .run_provenance import (
    check_input as check_input,
    input_record as input_record,
    provenance as provenance,
)
from .study_parts import (
    run_band as run_band,
    run_comparison as run_comparison,
    run_goodness as run_goodness,
)
