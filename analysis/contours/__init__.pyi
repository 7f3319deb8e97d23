from .plane import (
    Plane as Plane,
)
from .plane import (
    fit_plane as fit_plane,
)
from .plane import (
    plane_threshold as plane_threshold,
)
from .result import (
    PlaneResult as PlaneResult,
)
