"""Columns of pseudo-experiments: their names, types and meaning."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.calibration import CALIBRATED
from detsim.event_files import Branch

if TYPE_CHECKING:
    from analysis.fits import Fitter

__all__ = ["METHODS", "column_name", "holds_name", "toy_branches"]

METHODS = ("hesse", "minos", "one-sided")
"""Intervals of a toy: two-sided Hesse and MINOS, and the one-sided limit of the profile likelihood."""


_STATUS = (
    "0 good; else the sum of 1 fit failed, 2 open MINOS interval, 4 no one-sided limit, 8 no Hesse error, 16 "
    "fitted by MINUIT because the compiled fit did not converge (no failure), 32 a search failed from one of "
    "its starts, so that a deeper minimum may have been missed (no failure); undefined cells are NaN"
)


def toy_branches(
    fitter: "Fitter",
    *,
    level: float,
    fitted: bool = True,
    methods: Sequence[str] = METHODS,
    events: bool = False,
    weighted: bool = False,
) -> dict[str, Branch]:
    """Describe the columns of `toys`, for a toy file.

    Parameters
    ----------
    fitter : Fitter
    level : float
        Confidence level of the intervals.
    fitted : bool
        Whether the toys are fitted.
    methods : sequence of str
        As for `toys`; calibrated methods add columns.
    events : bool
        Whether the toys are drawn event by event.
    weighted : bool
        Whether the toys are of weighted data.

    Raises
    ------
    ValueError
        If two columns would have the same name, as for backgrounds ``a`` and ``a_error``.
    """
    templates = fitter.templates
    poi = templates.poi
    branches = _Branches()
    branches.add("toy", "int64", "index; with seed and true parameters it fixes the toy")
    branches.add(f"true_{poi}", "float64", f"true value of {poi}")
    shape = (templates.n_bins,)
    branches.add("counts", "float64", "Σw per bin" if weighted else "counts per bin", shape=shape)
    if weighted:
        branches.add("scaling", "float64", "Σw/Σw² per bin, of all events where it has none", shape=shape)
    if events:
        branches.add("n_events", "int64", "events drawn, before any cut")
    for nuisance in templates.nuisances:
        description = f"auxiliary measurement of {nuisance.name}, nominal {nuisance.nominal:g}"
        branches.add(f"measured_{column_name(nuisance.name)}", "float64", description)
    if not fitted:
        return branches.found
    for name in templates.names:
        branches.add(column_name(name), "float64", f"estimate of {name}")
        branches.add(f"{column_name(name)}_error", "float64", f"Hesse error of {name}")
    calibrated = [method for method in CALIBRATED if method in methods]
    if calibrated:
        description = (
            f"-2 Δln L of the true {poi} against the best physical one, with a minus where that is above it"
        )
        branches.add("q_bounded", "float64", description)
    for method in calibrated:
        description = f"1 if the {method} region at {level} holds the true {poi}, else 0"
        branches.add(holds_name(method), "int32", description)
    branches.add("fval", "float64", "-2 ln L at the minimum, against the saturated model")
    branches.add("q_true", "float64", f"-2 Δln L of the true {poi}, profiled")
    branches.add("hesse_lower", "float64", f"Hesse interval at {level}, lower end")
    branches.add("hesse_upper", "float64", f"Hesse interval at {level}, upper end")
    branches.add("minos_lower", "float64", f"MINOS interval at {level}, lower end")
    branches.add("minos_upper", "float64", f"MINOS interval at {level}, upper end")
    branches.add("one_sided_upper", "float64", f"one-sided profile limit at {level}")
    branches.add("status", "int32", _STATUS)
    return branches.found


class _Branches:
    """Branches by name; a second branch of the same name is an error."""

    def __init__(self) -> None:
        self.found: dict[str, Branch] = {}

    def add(self, name: str, dtype: str, description: str, *, shape: tuple[int, ...] = ()) -> None:
        if name in self.found:
            raise ValueError(
                f"two columns of the toys would have the name {name!r}, {self.found[name].description} and "
                f"{description}; give one of the backgrounds or experiments another name"
            )
        self.found[name] = Branch(dtype=dtype, description=description, shape=shape)


def holds_name(method: str) -> str:
    """Name the column that tells whether a calibrated region contains the true value."""
    return f"{method.replace('-', '_')}_holds"


def column_name(name: str) -> str:
    """Make the name of a column from that of a parameter, without full stops: ROOT reads them as members."""
    return name.replace(".", "_")
