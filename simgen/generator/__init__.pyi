from .channels import (
    Plan as Plan,
)
from .channels import (
    make_plan as make_plan,
)
from .true_events import (
    generate as generate,
)
from .vertices import (
    add_times as add_times,
)
from .vertices import (
    add_vertices as add_vertices,
)
from .vertices import (
    contains as contains,
)
