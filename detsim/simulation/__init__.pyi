from .detection import (
    detect as detect,
)
from .event_toys import (
    Ensemble as Ensemble,
)
from .mc_templates import (
    Sample as Sample,
)
from .mc_templates import (
    Sampling as Sampling,
)
from .monte_carlo import (
    draw_measured as draw_measured,
)
from .monte_carlo import (
    draw_true as draw_true,
)
from .monte_carlo import (
    event_plan as event_plan,
)
from .monte_carlo import (
    expected_generated as expected_generated,
)
from .monte_carlo import (
    generate as generate,
)
from .monte_carlo import (
    number_of_events as number_of_events,
)
from .monte_carlo import (
    simulate as simulate,
)
from .monte_carlo import (
    simulate_counts as simulate_counts,
)
from .monte_carlo import (
    stream as stream,
)
from .recoil_cutoff import (
    NEGLIGIBLE as NEGLIGIBLE,
)
from .recoil_cutoff import (
    lost_fraction as lost_fraction,
)
from .recoil_cutoff import (
    lowest_recoil as lowest_recoil,
)
from .reweighting import (
    gamma_templates as gamma_templates,
)
from .reweighting import (
    weights as weights,
)
from .vertices import (
    Occurrence as Occurrence,
)
from .vertices import (
    needs_places as needs_places,
)
