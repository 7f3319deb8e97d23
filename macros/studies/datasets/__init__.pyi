from .files import (
    load_data_sets as load_data_sets,
    load_or_expect as load_or_expect,
    toy_data as toy_data,
)
from .sets import (
    EXPECTED as EXPECTED,
    DataSets as DataSets,
    data_sets as data_sets,
)
from .weights import (
    check_weights_options as check_weights_options,
    load_weights as load_weights,
    stored_weights as stored_weights,
    toy_weights as toy_weights,
    weights_of_origin as weights_of_origin,
    weights_record as weights_record,
)
