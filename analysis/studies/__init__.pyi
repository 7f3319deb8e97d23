from .calibrated_limits import (
    calibrated_limit as calibrated_limit,
)
from .calibrated_limits import (
    check_counts as check_counts,
)
from .calibrated_limits import (
    expected_calibrated_limit as expected_calibrated_limit,
)
from .coverage_study import (
    CoverageStudy as CoverageStudy,
)
from .coverage_study import (
    coverage as coverage,
)
from .expected_limits import (
    GLOBAL_FIT_LEVEL as GLOBAL_FIT_LEVEL,
)
from .expected_limits import (
    Sensitivity as Sensitivity,
)
from .expected_limits import (
    expected_limit as expected_limit,
)
from .expected_limits import (
    global_fit as global_fit,
)
from .expected_limits import (
    sensitivity as sensitivity,
)
from .goodness import (
    GoodnessOfFit as GoodnessOfFit,
)
from .goodness import (
    goodness_of_fit as goodness_of_fit,
)
from .model_comparison import (
    Hypothesis as Hypothesis,
)
from .model_comparison import (
    HypothesisComparison as HypothesisComparison,
)
from .model_comparison import (
    HypothesisResult as HypothesisResult,
)
from .model_comparison import (
    compare_hypotheses as compare_hypotheses,
)
from .thresholds import (
    calibrate as calibrate,
)
from .thresholds import (
    true_values as true_values,
)
from .verdict import (
    CoverageTest as CoverageTest,
)
