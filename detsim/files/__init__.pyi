from .atomic import (
    FileError as FileError,
)
from .atomic import (
    WholeFile as WholeFile,
)
from .atomic import (
    signals_held as signals_held,
)
from .atomic import (
    sync_directory as sync_directory,
)
from .atomic import (
    whole_file as whole_file,
)
from .atomic import (
    whole_files as whole_files,
)
from .csv_table import (
    Columns as Columns,
)
from .csv_table import (
    apart as apart,
)
from .csv_table import (
    read_columns as read_columns,
)
from .inputs import (
    checksum as checksum,
)
from .inputs import (
    open_input as open_input,
)
from .inputs import (
    read_text as read_text,
)
from .inputs import (
    split_spec as split_spec,
)
from .locks import (
    FileStamp as FileStamp,
)
from .locks import (
    Former as Former,
)
from .locks import (
    Lock as Lock,
)
from .locks import (
    file_stamp as file_stamp,
)
from .locks import (
    real_path as real_path,
)
from .root_faults import (
    reading as reading,
)
from .root_open import (
    open_root as open_root,
)
