from .engine.problem import (
    Problem as Problem,
)
from .fitter import (
    NO_LIMIT as NO_LIMIT,
)
from .fitter import (
    NO_MINOS as NO_MINOS,
)
from .fitter import (
    BatchFit as BatchFit,
)
from .fitter import (
    BatchFitter as BatchFitter,
)
from .physical_fit import (
    BoundedFit as BoundedFit,
)
from .physical_fit import (
    bounded_fit as bounded_fit,
)
from .physical_fit import (
    one_sided as one_sided,
)
from .physical_fit import (
    signed_statistic as signed_statistic,
)
from .result import (
    FAILED as FAILED,
)
from .result import (
    NO_HESSE as NO_HESSE,
)
from .result import (
    RETRIED as RETRIED,
)
from .result import (
    UNSURE as UNSURE,
)
from .search import (
    Search as Search,
)
