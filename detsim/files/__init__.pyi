from .atomic import (
    FileError as FileError,
    WholeFile as WholeFile,
    signals_held as signals_held,
    sync_directory as sync_directory,
    whole_file as whole_file,
    whole_files as whole_files,
)
from .csv_table import (
    Columns as Columns,
    apart as apart,
    read_columns as read_columns,
)
from .inputs import (
    checksum as checksum,
    open_input as open_input,
    read_text as read_text,
    split_spec as split_spec,
)
from .locks import (
    BusyError as BusyError,
    FileStamp as FileStamp,
    Former as Former,
    Lock as Lock,
    file_stamp as file_stamp,
    real_path as real_path,
)
from .root_open import (
    open_root as open_root,
    reading as reading,
)
from .series import (
    is_of_series as is_of_series,
    series_file as series_file,
    series_files as series_files,
    stored_files as stored_files,
)
