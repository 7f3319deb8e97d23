from .folded import (
    Folded as Folded,
)
from .folding import (
    diverging as diverging,
    fold as fold,
    fold_backgrounds as fold_backgrounds,
    kinks_of as kinks_of,
    pieces as pieces,
)
from .prediction import (
    Expectation as Expectation,
    predict as predict,
)
from .response import (
    breakpoints as breakpoints,
    recorded_probability as recorded_probability,
)
