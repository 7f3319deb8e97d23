from .basis import (
    Basis as Basis,
    amplitudes as amplitudes,
    coefficients as coefficients,
)
from .crosssection import (
    dsigma_dT as dsigma_dT,
    is_cubic as is_cubic,
    magnetic_integral as magnetic_integral,
    sigma as sigma,
    steepest as steepest,
    weak_integral as weak_integral,
)
from .kinematics import (
    E_nu_min as E_nu_min,
    T_max as T_max,
    cos_theta as cos_theta,
)
from .mixing import (
    end_point as end_point,
)
from .models import (
    E6 as E6,
    LR as LR,
    SM as SM,
    Model as Model,
)
from .negative_density import (
    negative_fraction as negative_fraction,
)
from .positivity import (
    check_positive as check_positive,
    positive_range as positive_range,
)
