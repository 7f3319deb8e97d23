from .calibration import (
    Calibration as Calibration,
    read_calibration as read_calibration,
    write_calibration as write_calibration,
)
from .counting import (
    CountBelt as CountBelt,
    count_belt as count_belt,
    count_interval as count_interval,
    gaussian_interval as gaussian_interval,
)
from .fits import (
    FitResult as FitResult,
    LimitResult as LimitResult,
    fit as fit,
    limit as limit,
    make_fitter as make_fitter,
)
from .histograms import (
    histogram as histogram,
)
from .pseudo_experiments import (
    Thrower as Thrower,
    toys as toys,
)
from .settings import (
    FitSettings as FitSettings,
)
from .studies import (
    CoverageStudy as CoverageStudy,
    GoodnessOfFit as GoodnessOfFit,
    Hypothesis as Hypothesis,
    HypothesisComparison as HypothesisComparison,
    Sensitivity as Sensitivity,
    calibrate as calibrate,
    calibrated_limit as calibrated_limit,
    compare_hypotheses as compare_hypotheses,
    coverage as coverage,
    expected_calibrated_limit as expected_calibrated_limit,
    expected_limit as expected_limit,
    goodness_of_fit as goodness_of_fit,
    sensitivity as sensitivity,
    true_values as true_values,
)
