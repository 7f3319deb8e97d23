from .binned import (
    Binned as Binned,
    add_flow as add_flow,
    unequal as unequal,
)
from .histogram_file import (
    bins_of_columns as bins_of_columns,
    faults_of as faults_of,
    read_binned as read_binned,
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
