from .listing import (
    describe_program as describe_program,
)
from .problem import (
    Problem as Problem,
    are_fits_compiled as are_fits_compiled,
)
from .profile import (
    ProfilePoints as ProfilePoints,
    Sought as Sought,
)
