from .listing import (
    describe_program as describe_program,
)
from .problem import (
    Problem as Problem,
)
from .profile import (
    ProfilePoints as ProfilePoints,
    Sought as Sought,
)
