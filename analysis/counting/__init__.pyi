from .intervals import (
    CountBelt as CountBelt,
    count_belt as count_belt,
    count_interval as count_interval,
    gaussian_interval as gaussian_interval,
)
