from .plane import (
    Plane as Plane,
    fit_plane as fit_plane,
    plane_threshold as plane_threshold,
)
from .result import (
    PlaneResult as PlaneResult,
)
