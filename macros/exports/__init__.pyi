from .event_export import (
    Export as Export,
    export_events as export_events,
)
from .export_checks import (
    EXPORTS as EXPORTS,
    EventFormat as EventFormat,
    number_of_events as number_of_events,
)
from .hepdata_export import (
    HepdataExport as HepdataExport,
    archive_suffix as archive_suffix,
    check_hepdata as check_hepdata,
    export_hepdata as export_hepdata,
    foreign_submission as foreign_submission,
)
from .likelihood_export import (
    PyhfExport as PyhfExport,
    export_pyhf as export_pyhf,
    patchset_path as patchset_path,
    provenance as provenance,
)
from .response_export import (
    ResponseExport as ResponseExport,
    export_response as export_response,
)
