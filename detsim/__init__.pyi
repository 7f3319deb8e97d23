from .backgrounds import (
    Background as Background,
)
from .detector import (
    Birks as Birks,
    Curve as Curve,
    Detector as Detector,
    DistanceBins as DistanceBins,
    EfficiencyCurve as EfficiencyCurve,
    PhotoElectrons as PhotoElectrons,
    QuenchingTable as QuenchingTable,
    Resolution as Resolution,
    TabulatedResolution as TabulatedResolution,
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
    RecordedSample as RecordedSample,
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
from .systematics import (
    Systematic as Systematic,
)
