from .binned import (
    Binned as Binned,
)
from .binned import (
    add_flow as add_flow,
)
from .binned import (
    unequal as unequal,
)
from .histogram_file import (
    bins_of_columns as bins_of_columns,
)
from .histogram_file import (
    faults_of as faults_of,
)
from .histogram_file import (
    read_binned as read_binned,
)
from .uhi_json import (
    read_json as read_json,
)
from .user_tables import (
    Columns as Columns,
)
from .user_tables import (
    checksum as checksum,
)
from .user_tables import (
    read_columns as read_columns,
)
from .user_tables import (
    read_spectrum as read_spectrum,
)
from .user_tables import (
    table_path as table_path,
)
