from .auditing import (
    Auditor as Auditor,
    check_part as check_part,
    n_worst as n_worst,
)
from .bands import (
    expected_band as expected_band,
)
from .columns import (
    column_name as column_name,
)
from .counts import (
    are_throws_compiled as are_throws_compiled,
)
from .distributions import (
    PULLS as PULLS,
    ToyDistributions as ToyDistributions,
    added_sums as added_sums,
    mean_and_deviation as mean_and_deviation,
    no_toys as no_toys,
)
from .event_weights import (
    WeightModel as WeightModel,
    experiment_weights as experiment_weights,
    weight_model as weight_model,
)
from .fitted_toys import (
    FAILED as FAILED,
    METHODS as METHODS,
    NO_HESSE as NO_HESSE,
    NO_LIMIT as NO_LIMIT,
    NO_MINOS as NO_MINOS,
    RETRIED as RETRIED,
    Columns as Columns,
    at_truth as at_truth,
    fit_stored as fit_stored,
    holds_name as holds_name,
    thrown_columns as thrown_columns,
    toy_branches as toy_branches,
    toy_maker as toy_maker,
    toys as toys,
)
from .loop import (
    CHUNK as CHUNK,
    Pace as Pace,
    check_n_toys as check_n_toys,
    largest_chunk as largest_chunk,
    paced as paced,
    thrown_blocks as thrown_blocks,
    thrown_series as thrown_series,
    toy_statistics as toy_statistics,
)
from .moments import (
    Moments as Moments,
)
from .throw import (
    Thrower as Thrower,
)
from .weighted import (
    ScaledFits as ScaledFits,
    WeightedThrower as WeightedThrower,
    check_weighted_methods as check_weighted_methods,
    weighted_toy_maker as weighted_toy_maker,
    weighted_toys as weighted_toys,
)
