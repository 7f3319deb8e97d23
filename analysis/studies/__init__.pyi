from .calibrated_limits import (
    calibrated_limit as calibrated_limit,
    check_counts as check_counts,
    expected_calibrated_limit as expected_calibrated_limit,
)
from .compared_models import (
    ComparedFit as ComparedFit,
    HypothesisComparison as HypothesisComparison,
    HypothesisResult as HypothesisResult,
    compare_toys as compare_toys,
)
from .coverage_study import (
    CoverageStudy as CoverageStudy,
    coverage as coverage,
)
from .expected_limits import (
    GLOBAL_FIT_LEVEL as GLOBAL_FIT_LEVEL,
    Sensitivity as Sensitivity,
    expected_limit as expected_limit,
    global_fit as global_fit,
    sensitivity as sensitivity,
)
from .goodness import (
    GoodnessOfFit as GoodnessOfFit,
    GoodnessTally as GoodnessTally,
    goodness_of_fit as goodness_of_fit,
)
from .model_comparison import (
    Hypothesis as Hypothesis,
    compare_hypotheses as compare_hypotheses,
)
from .tallies import (
    Tally as Tally,
    tally as tally,
)
from .thresholds import (
    calibrate as calibrate,
    true_values as true_values,
)
from .verdict import (
    CoverageTest as CoverageTest,
    over_by_design as over_by_design,
)
