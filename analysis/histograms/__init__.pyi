from .goodness_of_bins import (
    ENOUGH_WEIGHTED as ENOUGH_WEIGHTED,
    Comparison as Comparison,
    compare as compare,
    compare_weighted as compare_weighted,
)
from .histograms import (
    axes as axes,
    bin_counts as bin_counts,
    binned as binned,
    describe_bin as describe_bin,
    empty_histogram as empty_histogram,
    experiment_counts as experiment_counts,
    filled as filled,
    from_counts as from_counts,
    histogram as histogram,
    is_weighted as is_weighted,
    with_flow as with_flow,
)
from .read import (
    read_histogram as read_histogram,
)
from .write import (
    write_csv as write_csv,
    write_json as write_json,
    write_root as write_root,
)
