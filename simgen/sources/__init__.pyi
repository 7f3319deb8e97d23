from .components import (
    Component as Component,
)
from .components import (
    Source as Source,
)
from .continuum import (
    Continuum as Continuum,
)
from .continuum import (
    quadrature_nodes as quadrature_nodes,
)
from .continuum import (
    quadrature_pieces as quadrature_pieces,
)
from .continuum import (
    sampling_nodes as sampling_nodes,
)
from .isotopes import (
    SOURCES as SOURCES,
)
from .isotopes import (
    be7 as be7,
)
from .isotopes import (
    cr51 as cr51,
)
from .isotopes import (
    pm147 as pm147,
)
from .isotopes import (
    source as source,
)
from .spectra import (
    BetaSpectrum as BetaSpectrum,
)
from .spectra import (
    FunctionSpectrum as FunctionSpectrum,
)
from .spectra import (
    HistogramSpectrum as HistogramSpectrum,
)
from .spectra import (
    Lines as Lines,
)
from .spectra import (
    Spectrum as Spectrum,
)
from .spectra import (
    TableSpectrum as TableSpectrum,
)
