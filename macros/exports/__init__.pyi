from .event_export import (
    Export as Export,
    export_events as export_events,
)
from .export_checks import (
    EXPORTS as EXPORTS,
    EventFormat as EventFormat,
    number_of_events as number_of_events,
)
