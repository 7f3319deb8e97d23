from .distribution import (
    LARGEST as LARGEST,
    RESOLUTION as RESOLUTION,
    Distributions as Distributions,
)
from .file import (
    read_calibration as read_calibration,
    write_calibration as write_calibration,
)
from .observation import (
    Observation as Observation,
)
from .ranks import (
    Curve as Curve,
    check_enough as check_enough,
    coverage_error as coverage_error,
    tie as tie,
    toys_for_error as toys_for_error,
)
from .settings import (
    CALIBRATED as CALIBRATED,
    Nuisances as Nuisances,
    check_level as check_level,
    conditions as conditions,
    data_numbers as data_numbers,
)
from .table import (
    Calibration as Calibration,
)
