from . import layouts as layouts
from .bin_errors import (
    paper_errors as paper_errors,
)
from .bin_errors import (
    template_errors as template_errors,
)
from .degeneracy import (
    null_directions as null_directions,
)
from .degeneracy import (
    redundant as redundant,
)
from .degeneracy import (
    undetermined as undetermined,
)
from .delta_m2_grid import (
    wave_points as wave_points,
)
from .effective_counts import (
    FEW as FEW,
)
from .effective_counts import (
    WeightCheck as WeightCheck,
)
from .effective_counts import (
    check_weights as check_weights,
)
from .effective_counts import (
    weight_spread as weight_spread,
)
from .empty_bins import (
    are_impossible as are_impossible,
)
from .empty_bins import (
    check_possible as check_possible,
)
from .fit_model import (
    REACH as REACH,
)
from .fit_model import (
    FitModel as FitModel,
)
from .nuisances import (
    Nuisance as Nuisance,
)
from .ranges import (
    EVEN as EVEN,
)
from .ranges import (
    INSIDE as INSIDE,
)
from .ranges import (
    check_truths as check_truths,
)
from .ranges import (
    experiment_range as experiment_range,
)
from .templates import (
    Templates as Templates,
)
from .templates import (
    make_templates as make_templates,
)
