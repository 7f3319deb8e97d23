from .audit import (
    EDM as EDM,
    SAMPLE as SAMPLE,
    Audit as Audit,
    audit_columns as audit_columns,
    audit_sample as audit_sample,
    chosen as chosen,
)
from .estimate import (
    fit as fit,
    fit_counts as fit_counts,
)
from .fit_quality import (
    FitQuality as FitQuality,
    physical_quality as physical_quality,
    quality as quality,
)
from .fitter import (
    Fitter as Fitter,
    make_fitter as make_fitter,
)
from .limits import (
    delta_chi2 as delta_chi2,
    limit as limit,
    limit_of_counts as limit_of_counts,
    stated_regions as stated_regions,
    upper_limit as upper_limit,
)
from .local_minima import (
    LocalMinimum as LocalMinimum,
)
from .pulls import (
    Pull as Pull,
)
from .refits import (
    Impact as Impact,
    Impacts as Impacts,
    ProfileScan as ProfileScan,
    fit_impacts as fit_impacts,
    profile_scan as profile_scan,
    scan_points as scan_points,
)
from .results import (
    AT_RANGE as AT_RANGE,
    NO_MINIMUM as NO_MINIMUM,
    NOT_FOUND as NOT_FOUND,
    UNBOUNDED as UNBOUNDED,
    Estimate as Estimate,
    FitResult as FitResult,
    LimitResult as LimitResult,
    TabulatedValue as TabulatedValue,
)
from .weighted import (
    effective_counts as effective_counts,
    for_data as for_data,
    scaled as scaled,
    unscaled as unscaled,
)
