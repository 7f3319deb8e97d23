from .consistency import (
    EventColumns as EventColumns,
)
from .environment import (
    ORIGIN as ORIGIN,
)
from .environment import (
    origin as origin,
)
from .event_writer import (
    EventFile as EventFile,
)
from .event_writer import (
    EventWriter as EventWriter,
)
from .event_writer import (
    FileError as FileError,
)
from .event_writer import (
    RunInfo as RunInfo,
)
from .event_writer import (
    event_branches as event_branches,
)
from .event_writer import (
    event_columns as event_columns,
)
from .inspect import (
    describe as describe,
)
from .inspect import (
    table_name as table_name,
)
from .provenance import (
    CHECKSUM as CHECKSUM,
)
from .queue import (
    Branch as Branch,
)
from .queue import (
    row_bytes as row_bytes,
)
from .reader import (
    TableFile as TableFile,
)
from .reader import (
    open_root as open_root,
)
from .reader import (
    reading as reading,
)
from .rounding import (
    Rounding as Rounding,
)
from .writer import (
    Compression as Compression,
)
from .writer import (
    Format as Format,
)
from .writer import (
    TableWriter as TableWriter,
)
