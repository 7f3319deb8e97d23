from .measurements import (
    Measurements as Measurements,
    read_measurements as read_measurements,
)
