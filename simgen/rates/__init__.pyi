from .exposure import (
    Activity as Activity,
    Exposure as Exposure,
    Flux as Flux,
    Interactions as Interactions,
    Normalisation as Normalisation,
    decay_integral as decay_integral,
    flavours as flavours,
)
from .oscillation import (
    WAVE as WAVE,
    Disappearance as Disappearance,
    OscillatedSpectrum as OscillatedSpectrum,
    Oscillation as Oscillation,
    oscillated as oscillated,
    oscillates as oscillates,
    survival as survival,
)
from .rate import (
    component_shapes as component_shapes,
    mean_sigma as mean_sigma,
    recoil_spectrum as recoil_spectrum,
)
