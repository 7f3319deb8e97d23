from .event_export import (
    EXPORTS as EXPORTS,
    EventFormat as EventFormat,
    Export as Export,
    export_events as export_events,
)
