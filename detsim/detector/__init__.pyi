from . import quenching as quenching
from .detector import (
    Detector as Detector,
)
from .detector import (
    EfficiencyCurve as EfficiencyCurve,
)
from .detector import (
    Target as Target,
)
from .detector import (
    uniform_edges as uniform_edges,
)
from .distance_bins import (
    DistanceBins as DistanceBins,
)
from .distance_bins import (
    bin_numbers as bin_numbers,
)
from .materials import (
    composition as composition,
)
from .quenching import (
    Birks as Birks,
)
from .quenching import (
    Quenching as Quenching,
)
from .resolution import (
    Curve as Curve,
)
from .resolution import (
    PhotoElectrons as PhotoElectrons,
)
from .resolution import (
    Resolution as Resolution,
)
from .resolution import (
    Smearing as Smearing,
)
from .resolution import (
    TabulatedResolution as TabulatedResolution,
)
