from .intervals import (
    CountBelt as CountBelt,
)
from .intervals import (
    count_belt as count_belt,
)
from .intervals import (
    count_interval as count_interval,
)
from .intervals import (
    gaussian_interval as gaussian_interval,
)
