from .folded import (
    Folded as Folded,
)
from .folding import (
    diverging as diverging,
)
from .folding import (
    fold as fold,
)
from .folding import (
    fold_backgrounds as fold_backgrounds,
)
from .folding import (
    kinks_of as kinks_of,
)
from .folding import (
    pieces as pieces,
)
from .prediction import (
    Expectation as Expectation,
)
from .prediction import (
    predict as predict,
)
from .response import (
    breakpoints as breakpoints,
)
from .response import (
    recorded_probability as recorded_probability,
)
