from .components import (
    Component as Component,
    Source as Source,
    spectrum_picture as spectrum_picture,
)
from .continuum import (
    Continuum as Continuum,
    quadrature_nodes as quadrature_nodes,
    quadrature_pieces as quadrature_pieces,
    sampling_nodes as sampling_nodes,
)
from .isotopes import (
    SOURCES as SOURCES,
    be7 as be7,
    cr51 as cr51,
    pm147 as pm147,
    source as source,
)
from .spectra import (
    BetaSpectrum as BetaSpectrum,
    FunctionSpectrum as FunctionSpectrum,
    HistogramSpectrum as HistogramSpectrum,
    Lines as Lines,
    Spectrum as Spectrum,
    TableSpectrum as TableSpectrum,
)
