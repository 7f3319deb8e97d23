from .baselines import (
    Baselines as Baselines,
)
from .solid_angles import (
    shrunk as shrunk,
)
from .volumes import (
    Box as Box,
    Cylinder as Cylinder,
    Geometry as Geometry,
    Shell as Shell,
    Sphere as Sphere,
)
