from . import quenching as quenching
from .detector import (
    Detector as Detector,
    EfficiencyCurve as EfficiencyCurve,
    Target as Target,
    uniform_edges as uniform_edges,
)
from .distance_bins import (
    DistanceBins as DistanceBins,
    bin_numbers as bin_numbers,
)
from .materials import (
    composition as composition,
)
from .quenching import (
    Birks as Birks,
    Quenching as Quenching,
    QuenchingTable as QuenchingTable,
)
from .resolution import (
    Curve as Curve,
    PhotoElectrons as PhotoElectrons,
    Resolution as Resolution,
    Smearing as Smearing,
    SpreadPhotoElectrons as SpreadPhotoElectrons,
    TabulatedResolution as TabulatedResolution,
)
