from .allowed import (
    Allowed as Allowed,
    allowed_regions as allowed_regions,
    highest_allowed as highest_allowed,
    near_extremes as near_extremes,
)
from .covariance import (
    Covariance as Covariance,
    at_end as at_end,
    at_end_reason as at_end_reason,
    fit_covariance as fit_covariance,
    no_covariance as no_covariance,
)
from .crossings import (
    crossing as crossing,
)
from .likelihood import (
    Likelihood as Likelihood,
    Profile as Profile,
    paper_errors as paper_errors,
    template_errors as template_errors,
)
from .minima import (
    TIE as TIE,
    LocalMinima as LocalMinima,
    Searched as Searched,
    deepest as deepest,
)
from .minuit import (
    EDM as EDM,
    TIGHT as TIGHT,
    Minimum as Minimum,
    followed as followed,
    migrad as migrad,
    prepared as prepared,
    scanned as scanned,
    tightened as tightened,
)
from .profiling import (
    FitError as FitError,
    far_counts as far_counts,
    profiled as profiled,
    pull_starts as pull_starts,
    repeated as repeated,
)
from .single import (
    curvature_errors as curvature_errors,
    folded_minima as folded_minima,
    inside_range as inside_range,
    single_minima as single_minima,
    sorted_minima as sorted_minima,
)
from .starts import (
    data_starts as data_starts,
    excluded as excluded,
    local_minima as local_minima,
    model_starts as model_starts,
    neighbours as neighbours,
    ranked_dips as ranked_dips,
    turning_points as turning_points,
)
