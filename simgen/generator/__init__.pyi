from .channels import (
    Plan as Plan,
    make_plan as make_plan,
)
from .directions import (
    add_directions as add_directions,
)
from .true_events import (
    generate as generate,
)
from .vertices import (
    add_times as add_times,
    add_vertices as add_vertices,
    contains as contains,
)
