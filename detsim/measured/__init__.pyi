from .measurements import (
    ENERGY_UNITS as ENERGY_UNITS,
    Measurements as Measurements,
    read_measurements as read_measurements,
)
