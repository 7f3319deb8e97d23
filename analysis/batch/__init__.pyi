from .engine.problem import (
    Problem as Problem,
    are_fits_compiled as are_fits_compiled,
)
from .engine.profile import (
    Sought as Sought,
)
from .fitter import (
    NO_LIMIT as NO_LIMIT,
    NO_MINOS as NO_MINOS,
    BatchFit as BatchFit,
    BatchFitter as BatchFitter,
)
from .physical_fit import (
    BoundedFit as BoundedFit,
    bounded_fit as bounded_fit,
    one_sided as one_sided,
    signed_statistic as signed_statistic,
)
from .result import (
    FAILED as FAILED,
    NO_HESSE as NO_HESSE,
    RETRIED as RETRIED,
    UNSURE as UNSURE,
)
from .search import (
    Search as Search,
)
