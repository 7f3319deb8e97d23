from .consistency import (
    EventColumns as EventColumns,
)
from .environment import (
    ORIGIN as ORIGIN,
    origin as origin,
)
from .event_writer import (
    EventFile as EventFile,
    EventRows as EventRows,
    EventWriter as EventWriter,
    FileError as FileError,
    RunInfo as RunInfo,
    event_branches as event_branches,
    event_columns as event_columns,
)
from .exported import (
    is_hepevt as is_hepevt,
)
from .inspect import (
    describe as describe,
)
from .provenance import (
    CHECKSUM as CHECKSUM,
)
from .queue import (
    Branch as Branch,
    row_bytes as row_bytes,
)
from .reader import (
    TableFile as TableFile,
    TableName as TableName,
    open_root as open_root,
    reading as reading,
    table_name as table_name,
)
from .rounding import (
    Rounding as Rounding,
)
from .writer import (
    Compression as Compression,
    Format as Format,
    TableWriter as TableWriter,
)
