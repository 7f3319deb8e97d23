from .auditing import (
    Auditor as Auditor,
)
from .auditing import (
    n_worst as n_worst,
)
from .bands import (
    expected_band as expected_band,
)
from .columns import (
    column_name as column_name,
)
from .distributions import (
    PULLS as PULLS,
)
from .distributions import (
    ToyDistributions as ToyDistributions,
)
from .distributions import (
    no_toys as no_toys,
)
from .event_weights import (
    WeightModel as WeightModel,
)
from .event_weights import (
    experiment_weights as experiment_weights,
)
from .event_weights import (
    weight_model as weight_model,
)
from .fitted_toys import (
    CHUNK as CHUNK,
)
from .fitted_toys import (
    FAILED as FAILED,
)
from .fitted_toys import (
    METHODS as METHODS,
)
from .fitted_toys import (
    NO_HESSE as NO_HESSE,
)
from .fitted_toys import (
    NO_LIMIT as NO_LIMIT,
)
from .fitted_toys import (
    NO_MINOS as NO_MINOS,
)
from .fitted_toys import (
    RETRIED as RETRIED,
)
from .fitted_toys import (
    Columns as Columns,
)
from .fitted_toys import (
    at_truth as at_truth,
)
from .fitted_toys import (
    fit_stored as fit_stored,
)
from .fitted_toys import (
    holds_name as holds_name,
)
from .fitted_toys import (
    largest_chunk as largest_chunk,
)
from .fitted_toys import (
    thrown_columns as thrown_columns,
)
from .fitted_toys import (
    toy_branches as toy_branches,
)
from .fitted_toys import (
    toys as toys,
)
from .pacing import (
    paced as paced,
)
from .throw import (
    Thrower as Thrower,
)
from .weighted import (
    ScaledFits as ScaledFits,
)
from .weighted import (
    WeightedThrower as WeightedThrower,
)
from .weighted import (
    check_weighted_methods as check_weighted_methods,
)
from .weighted import (
    weighted_toys as weighted_toys,
)
