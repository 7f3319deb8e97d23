from .impacts import (
    Impact as Impact,
    Impacts as Impacts,
    fit_impacts as fit_impacts,
)
from .scan import (
    ProfileScan as ProfileScan,
    profile_scan as profile_scan,
    scan_points as scan_points,
)
