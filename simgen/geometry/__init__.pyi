from .baselines import (
    Baselines as Baselines,
)
from .solid_angles import (
    shrunk as shrunk,
)
from .volumes import (
    Box as Box,
)
from .volumes import (
    Cylinder as Cylinder,
)
from .volumes import (
    Geometry as Geometry,
)
from .volumes import (
    Shell as Shell,
)
from .volumes import (
    Sphere as Sphere,
)
