from .binned import (
    Binned as Binned,
    add_flow as add_flow,
    unequal as unequal,
)
from .event_csv import (
    EventCsv as EventCsv,
)
from .event_source import (
    MARK as MARK,
    EventSink as EventSink,
    EventSource as EventSource,
)
from .gst import (
    Gst as Gst,
)
from .hepevt import (
    DIALECTS as DIALECTS,
    Dialect as Dialect,
    Hepevt as Hepevt,
    not_held as not_held,
)
from .histogram_file import (
    bins_of_columns as bins_of_columns,
    faults_of as faults_of,
    read_binned as read_binned,
)
from .nuhepmc import (
    NuHepMC as NuHepMC,
    NuHepMCContents as NuHepMCContents,
    Violation as Violation,
    check_nuhepmc as check_nuhepmc,
    read_nuhepmc as read_nuhepmc,
)
from .parquet import (
    Parquet as Parquet,
)
from .scattering import (
    ELECTRON as ELECTRON,
    LARGEST_EVENT as LARGEST_EVENT,
    Scattering as Scattering,
    missing_columns as missing_columns,
)
from .text_stream import (
    TextStream as TextStream,
    read_lines as read_lines,
    rows_of as rows_of,
    start_of as start_of,
)
from .uhi_json import (
    read_json as read_json,
)
from .user_tables import (
    Columns as Columns,
    checksum as checksum,
    read_columns as read_columns,
    read_spectrum as read_spectrum,
    table_path as table_path,
)
