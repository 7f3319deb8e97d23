from .detection import (
    detect as detect,
)
from .event_toys import (
    Ensemble as Ensemble,
)
from .mc_templates import (
    Sample as Sample,
    Sampling as Sampling,
)
from .monte_carlo import (
    draw_measured as draw_measured,
    draw_true as draw_true,
    event_plan as event_plan,
    expected_generated as expected_generated,
    generate as generate,
    number_of_events as number_of_events,
    simulate as simulate,
    simulate_counts as simulate_counts,
    stream as stream,
)
from .recoil_cutoff import (
    NEGLIGIBLE as NEGLIGIBLE,
    lost_fraction as lost_fraction,
    lowest_recoil as lowest_recoil,
)
from .recorded import (
    RecordedSample as RecordedSample,
)
from .reweighting import (
    gamma_templates as gamma_templates,
    weights as weights,
)
from .vertices import (
    Occurrence as Occurrence,
    drawn_columns as drawn_columns,
    needs_places as needs_places,
)
