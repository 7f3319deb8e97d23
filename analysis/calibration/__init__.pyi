from .file import (
    read_calibration as read_calibration,
)
from .file import (
    write_calibration as write_calibration,
)
from .observation import (
    Observation as Observation,
)
from .settings import (
    CALIBRATED as CALIBRATED,
)
from .settings import (
    Nuisances as Nuisances,
)
from .settings import (
    check_level as check_level,
)
from .settings import (
    conditions as conditions,
)
from .settings import (
    data_numbers as data_numbers,
)
from .table import (
    Calibration as Calibration,
)
from .table import (
    Curve as Curve,
)
from .table import (
    check_enough as check_enough,
)
from .table import (
    tie as tie,
)
