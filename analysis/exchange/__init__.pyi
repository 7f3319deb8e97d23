from .histfactory import (
    expected_counts as expected_counts,
)
from .pyhf import (
    PyhfLikelihood as PyhfLikelihood,
    pyhf_likelihood as pyhf_likelihood,
)
from .translation import (
    Difference as Difference,
)
