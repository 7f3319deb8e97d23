from .goodness_of_bins import (
    ENOUGH_WEIGHTED as ENOUGH_WEIGHTED,
)
from .goodness_of_bins import (
    Comparison as Comparison,
)
from .goodness_of_bins import (
    compare as compare,
)
from .goodness_of_bins import (
    compare_weighted as compare_weighted,
)
from .histograms import (
    axes as axes,
)
from .histograms import (
    bin_counts as bin_counts,
)
from .histograms import (
    binned as binned,
)
from .histograms import (
    describe_bin as describe_bin,
)
from .histograms import (
    empty_histogram as empty_histogram,
)
from .histograms import (
    experiment_counts as experiment_counts,
)
from .histograms import (
    from_counts as from_counts,
)
from .histograms import (
    histogram as histogram,
)
from .histograms import (
    is_weighted as is_weighted,
)
from .histograms import (
    with_flow as with_flow,
)
from .read import (
    read_histogram as read_histogram,
)
from .write import (
    write_csv as write_csv,
)
from .write import (
    write_json as write_json,
)
from .write import (
    write_root as write_root,
)
