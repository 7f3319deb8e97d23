from .exposure import (
    Activity as Activity,
)
from .exposure import (
    Exposure as Exposure,
)
from .exposure import (
    Flux as Flux,
)
from .exposure import (
    Interactions as Interactions,
)
from .exposure import (
    Normalisation as Normalisation,
)
from .exposure import (
    flavours as flavours,
)
from .oscillation import (
    WAVE as WAVE,
)
from .oscillation import (
    Disappearance as Disappearance,
)
from .oscillation import (
    OscillatedSpectrum as OscillatedSpectrum,
)
from .oscillation import (
    Oscillation as Oscillation,
)
from .oscillation import (
    oscillated as oscillated,
)
from .oscillation import (
    oscillates as oscillates,
)
from .oscillation import (
    survival as survival,
)
from .rate import (
    component_shapes as component_shapes,
)
from .rate import (
    mean_sigma as mean_sigma,
)
from .rate import (
    recoil_spectrum as recoil_spectrum,
)
