from . import layouts as layouts
from .bin_errors import (
    paper_errors as paper_errors,
    template_errors as template_errors,
)
from .degeneracy import (
    null_directions as null_directions,
    redundant as redundant,
    undetermined as undetermined,
)
from .delta_m2_grid import (
    wave_points as wave_points,
)
from .effective_counts import (
    FEW as FEW,
    WeightCheck as WeightCheck,
    check_weights as check_weights,
    weight_spread as weight_spread,
)
from .empty_bins import (
    are_impossible as are_impossible,
    check_possible as check_possible,
)
from .fit_model import (
    REACH as REACH,
    FitModel as FitModel,
)
from .nuisances import (
    Nuisance as Nuisance,
    collect as collect,
)
from .ranges import (
    EVEN as EVEN,
    INSIDE as INSIDE,
    check_truths as check_truths,
    experiment_range as experiment_range,
    stated_end as stated_end,
)
from .shape_check import (
    BentShape as BentShape,
    bent_shapes as bent_shapes,
)
from .templates import (
    Templates as Templates,
    make_templates as make_templates,
)
