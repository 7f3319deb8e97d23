from .check import (
    check_nuhepmc as check_nuhepmc,
    read_nuhepmc as read_nuhepmc,
)
from .contents import (
    NuHepMCContents as NuHepMCContents,
    Violation as Violation,
)
from .writer import (
    NuHepMC as NuHepMC,
)
