from .allowed import (
    Allowed as Allowed,
)
from .allowed import (
    allowed_regions as allowed_regions,
)
from .allowed import (
    highest_allowed as highest_allowed,
)
from .covariance import (
    Covariance as Covariance,
)
from .covariance import (
    at_end as at_end,
)
from .covariance import (
    at_end_reason as at_end_reason,
)
from .covariance import (
    fit_covariance as fit_covariance,
)
from .covariance import (
    no_covariance as no_covariance,
)
from .crossings import (
    crossing as crossing,
)
from .failure import (
    FitError as FitError,
)
from .failure import (
    far_counts as far_counts,
)
from .likelihood import (
    Likelihood as Likelihood,
)
from .likelihood import (
    paper_errors as paper_errors,
)
from .likelihood import (
    template_errors as template_errors,
)
from .minima import (
    TIE as TIE,
)
from .minima import (
    LocalMinima as LocalMinima,
)
from .minima import (
    Searched as Searched,
)
from .minima import (
    deepest as deepest,
)
from .minimum import (
    Minimum as Minimum,
)
from .minuit import (
    EDM as EDM,
)
from .minuit import (
    followed as followed,
)
from .minuit import (
    migrad as migrad,
)
from .minuit import (
    prepared as prepared,
)
from .minuit import (
    scanned as scanned,
)
from .minuit import (
    tightened as tightened,
)
from .profile import (
    Profile as Profile,
)
from .profiling import (
    profiled as profiled,
)
from .profiling import (
    pull_starts as pull_starts,
)
from .profiling import (
    repeated as repeated,
)
from .single import (
    curvature_errors as curvature_errors,
)
from .single import (
    single_minima as single_minima,
)
from .single import (
    sorted_minima as sorted_minima,
)
from .starts import (
    data_starts as data_starts,
)
from .starts import (
    excluded as excluded,
)
from .starts import (
    local_minima as local_minima,
)
from .starts import (
    model_starts as model_starts,
)
from .starts import (
    turning_points as turning_points,
)
from .untabulated import (
    folded_minima as folded_minima,
)
