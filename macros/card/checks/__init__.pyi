from .consistency import (
    check_combinations as check_combinations,
    check_uncertainties as check_uncertainties,
)
from .faults import (
    CardError as CardError,
    CardFault as CardFault,
    FaultList as FaultList,
)
from .keys import (
    MAX_DEPTH as MAX_DEPTH,
    check_limits as check_limits,
    known_keys as known_keys,
    read_tables as read_tables,
)
from .names import (
    check_names as check_names,
    legal_names as legal_names,
    name_fault as name_fault,
)
from .ranges import (
    check_ranges as check_ranges,
)
