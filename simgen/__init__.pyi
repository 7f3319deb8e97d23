from .deposits import (
    Line as Line,
    PowerLaw as PowerLaw,
    Tabulated as Tabulated,
    Uniform as Uniform,
)
from .events import (
    Events as Events,
)
from .flavours import (
    Flavour as Flavour,
)
from .geometry import (
    Box as Box,
    Cylinder as Cylinder,
    Shell as Shell,
    Sphere as Sphere,
)
from .interaction import (
    E6 as E6,
    LR as LR,
    SM as SM,
    E_nu_min as E_nu_min,
    Model as Model,
    T_max as T_max,
    cos_theta as cos_theta,
    dsigma_dT as dsigma_dT,
    sigma as sigma,
)
from .parameters import (
    gamma_from_mass as gamma_from_mass,
    mass_from_gamma as mass_from_gamma,
)
from .rates import (
    Activity as Activity,
    Exposure as Exposure,
    Flux as Flux,
    Interactions as Interactions,
    mean_sigma as mean_sigma,
    recoil_spectrum as recoil_spectrum,
)
from .sources import (
    BetaSpectrum as BetaSpectrum,
    Component as Component,
    FunctionSpectrum as FunctionSpectrum,
    HistogramSpectrum as HistogramSpectrum,
    Lines as Lines,
    Source as Source,
    TableSpectrum as TableSpectrum,
    be7 as be7,
    cr51 as cr51,
    pm147 as pm147,
    source as source,
)
