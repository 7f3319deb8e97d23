from .detector import (
    Detector as Detector,
    Resolution as Resolution,
    Target as Target,
    uniform_edges as uniform_edges,
)
from .event_files import (
    EventFile as EventFile,
    EventWriter as EventWriter,
    FileError as FileError,
    RunInfo as RunInfo,
)
from .expectation import (
    Expectation as Expectation,
    Folded as Folded,
    fold as fold,
    predict as predict,
)
from .experiment import (
    Experiment as Experiment,
    FlatBackground as FlatBackground,
)
from .simulation import (
    Sample as Sample,
    Sampling as Sampling,
    detect as detect,
    gamma_templates as gamma_templates,
    generate as generate,
    simulate as simulate,
    simulate_counts as simulate_counts,
    stream as stream,
    weights as weights,
)
