from .histfactory import (
    expected_counts as expected_counts,
)
from .pyhf import (
    PyhfLikelihood as PyhfLikelihood,
    pyhf_likelihood as pyhf_likelihood,
)
from .response import (
    N_TRUE_BINS as N_TRUE_BINS,
    response_histograms as response_histograms,
)
from .translation import (
    Difference as Difference,
)
