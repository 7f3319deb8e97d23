from .audit import (
    EDM as EDM,
)
from .audit import (
    SAMPLE as SAMPLE,
)
from .audit import (
    Audit as Audit,
)
from .audit import (
    audit_columns as audit_columns,
)
from .audit import (
    audit_sample as audit_sample,
)
from .audit import (
    chosen as chosen,
)
from .estimate import (
    fit as fit,
)
from .estimate import (
    fit_counts as fit_counts,
)
from .fit_quality import (
    FitQuality as FitQuality,
)
from .fit_quality import (
    physical_quality as physical_quality,
)
from .fit_quality import (
    quality as quality,
)
from .fitter import (
    Fitter as Fitter,
)
from .fitter import (
    make_fitter as make_fitter,
)
from .impacts import (
    Impact as Impact,
)
from .impacts import (
    Impacts as Impacts,
)
from .impacts import (
    fit_impacts as fit_impacts,
)
from .limits import (
    delta_chi2 as delta_chi2,
)
from .limits import (
    limit as limit,
)
from .limits import (
    limit_of_counts as limit_of_counts,
)
from .limits import (
    upper_limit as upper_limit,
)
from .local_minima import (
    LocalMinimum as LocalMinimum,
)
from .pulls import (
    Pull as Pull,
)
from .results import (
    AT_RANGE as AT_RANGE,
)
from .results import (
    NO_MINIMUM as NO_MINIMUM,
)
from .results import (
    NOT_FOUND as NOT_FOUND,
)
from .results import (
    UNBOUNDED as UNBOUNDED,
)
from .results import (
    Estimate as Estimate,
)
from .results import (
    FitResult as FitResult,
)
from .results import (
    LimitResult as LimitResult,
)
from .results import (
    TabulatedValue as TabulatedValue,
)
from .scan import (
    ProfileScan as ProfileScan,
)
from .scan import (
    profile_scan as profile_scan,
)
from .scan import (
    scan_points as scan_points,
)
from .weighted import (
    effective_counts as effective_counts,
)
from .weighted import (
    for_data as for_data,
)
from .weighted import (
    scaled as scaled,
)
from .weighted import (
    unscaled as unscaled,
)
