from .basis import (
    Basis as Basis,
)
from .basis import (
    amplitudes as amplitudes,
)
from .basis import (
    coefficients as coefficients,
)
from .crosssection import (
    dsigma_dT as dsigma_dT,
)
from .crosssection import (
    is_cubic as is_cubic,
)
from .crosssection import (
    magnetic_integral as magnetic_integral,
)
from .crosssection import (
    sigma as sigma,
)
from .crosssection import (
    steepest as steepest,
)
from .crosssection import (
    weak_integral as weak_integral,
)
from .kinematics import (
    E_nu_min as E_nu_min,
)
from .kinematics import (
    T_max as T_max,
)
from .kinematics import (
    cos_theta as cos_theta,
)
from .mixing import (
    end_point as end_point,
)
from .models import (
    E6 as E6,
)
from .models import (
    LR as LR,
)
from .models import (
    SM as SM,
)
from .models import (
    Model as Model,
)
from .negative_density import (
    negative_fraction as negative_fraction,
)
from .positivity import (
    check_positive as check_positive,
)
from .positivity import (
    positive_range as positive_range,
)
