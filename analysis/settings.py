"""Settings of a fit: parameter of interest, likelihood, confidence levels, methods of interval and limit."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Literal, get_args

from detsim.names import closest
from simgen.parameters import parameter_names, parameter_range

__all__ = [
    "Drawn",
    "FitSettings",
    "Keep",
    "LikelihoodName",
    "LimitMethod",
    "Method",
    "TemplateKind",
    "check_level",
    "different_numbers",
    "name_list",
    "number_list",
    "percent",
    "wrong_level",
]

LikelihoodName = Literal["poisson", "paper"]
Method = Literal["minos", "hesse"]
LimitMethod = Literal["one-sided", "two-sided"]
Drawn = Literal["auxiliary", "counts", "nuisances"]
TemplateKind = Literal["quadrature", "simulation", "file"]
Keep = Literal["rows", "sums"]
"""What is kept of pseudo-experiments: a row for each, or sums that do not grow with their number."""

_CHOICES = {
    "likelihood": get_args(LikelihoodName),
    "method": get_args(Method),
    "limit_method": get_args(LimitMethod),
    "drawn": get_args(Drawn),
    "templates": get_args(TemplateKind),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """Settings of a fit.

    Parameters
    ----------
    poi : str
        Parameter of interest, a numerical parameter of the model.
    likelihood : {"poisson", "paper"}
        Binned Poisson with constrained nuisance parameters, or the paper's χ² against the standard model.
    error_per_bin : float or None
        Relative error σ of every bin, uncorrelated; needed by, and only for, the paper's χ².
    level : float
        Confidence level of the fit's interval.
    method : {"minos", "hesse"}
        Method of the interval.
    limit_level : float
        Confidence level of the limit.
    limit_method : {"one-sided", "two-sided"}
        At 95 %: Δχ² = 2.7055 (the paper's) or 3.8415.
    drawn : {"auxiliary", "counts", "nuisances"}
        What pseudo-experiments draw beside their counts: see `analysis.pseudo_experiments.throw.Thrower`.
    templates : {"quadrature", "simulation", "file"}
        How the expected signal is folded: see `detsim.simulation.mc_templates`.
    template_events : int
        Mean number of interactions that are simulated for the templates.
    template_file : str or None
        Event file with the recorded events of the templates; needed by, and only for, "file".

    Raises
    ------
    ValueError
        If a setting is not one of its choices, or outside its range.

    Examples
    --------
    >>> FitSettings(likelihood="paper", error_per_bin=0.05).limit_level
    0.95
    """

    poi: str = "gamma"
    likelihood: LikelihoodName = "poisson"
    error_per_bin: float | None = None
    level: float = 0.683
    method: Method = "minos"
    limit_level: float = 0.95
    limit_method: LimitMethod = "one-sided"
    drawn: Drawn = "auxiliary"
    templates: TemplateKind = "quadrature"
    template_events: int = 1_000_000
    template_file: str | None = None

    def __post_init__(self) -> None:
        try:
            parameter_range(self.poi)
        except KeyError:
            meant = closest(self.poi, parameter_names())
            hint = f"did you mean {meant!r}?" if meant else f"they are {', '.join(parameter_names())}"
            raise ValueError(
                f"poi must be a numerical parameter of the model, got {self.poi!r}: {hint}"
            ) from None
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name} must be {' or '.join(map(repr, choices))}, got {getattr(self, name)!r}"
                )
        for name in ("level", "limit_level"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(wrong_level(name, getattr(self, name)))
        if self.limit_method == "one-sided" and self.limit_level <= 0.5:
            raise ValueError(f"limit_level of a one-sided limit must be above 0.5, got {self.limit_level}")
        if self.likelihood == "paper" and self.error_per_bin is None:
            raise ValueError("error_per_bin is needed by likelihood = 'paper', for example 0.05")
        if self.likelihood != "paper" and self.error_per_bin is not None:
            raise ValueError("error_per_bin belongs to likelihood = 'paper' only")
        if self.error_per_bin is not None and not 0 < self.error_per_bin < math.inf:
            raise ValueError(f"error_per_bin must be finite and above 0, got {self.error_per_bin}")
        if (self.templates == "file") != (self.template_file is not None):
            raise ValueError("template_file goes with templates = 'file', and only with it")
        if self.templates != "quadrature" and self.likelihood == "paper":
            raise ValueError(
                f"templates = {self.templates!r} goes with likelihood = 'poisson': the paper's χ² has its "
                "errors"
            )
        if self.template_events < 1:
            raise ValueError(f"template_events must be at least 1, got {self.template_events}")


def check_level(level: float) -> None:
    """Refuse a number that is not a confidence level."""
    if not 0 < level < 1:
        raise ValueError(wrong_level("level", level))


def number_list(name: str, values: Sequence[float] | float) -> list[float]:
    """Take one number or several.

    Parameters
    ----------
    name : str
        Of the argument, for the message.
    values : float or sequence of float

    Raises
    ------
    TypeError
        If they are neither.

    Examples
    --------
    >>> number_list("at", 0.05), number_list("at", (0, 0.1))
    ([0.05], [0.0, 0.1])
    """
    try:
        return [float(values)] if isinstance(values, Real) else [float(value) for value in values]  # type: ignore[union-attr]
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number or a sequence of numbers, got {values!r}") from None


def different_numbers(name: str, values: Sequence[float] | float) -> list[float]:
    """Take finite numbers that differ from each other, such as true values of a study.

    Raises
    ------
    TypeError
        If they are no numbers.
    ValueError
        If there are none, if one stands there twice, or is not finite.

    Examples
    --------
    >>> different_numbers("at", [0, 0.1])
    [0.0, 0.1]
    >>> different_numbers("at", [0, 0.0])
    Traceback (most recent call last):
        ...
    ValueError: at: 0 stands there twice
    """
    numbers = number_list(name, values)
    if not numbers:
        raise ValueError(f"{name} needs at least one number")
    if wrong := [x for x in numbers if not math.isfinite(x)]:
        raise ValueError(f"{name} must be finite, got {wrong[0]:g}")
    if twice := [x for x, n in Counter(numbers).items() if n > 1]:
        raise ValueError(f"{name}: {twice[0]:g} stands there twice")
    return numbers


def name_list(name: str, values: Sequence[str] | str) -> list[str]:
    """Take one name or several.

    Raises
    ------
    TypeError
        If they are no texts.

    Examples
    --------
    >>> name_list("methods", "minos"), name_list("methods", ("hesse", "cls"))
    (['minos'], ['hesse', 'cls'])
    """
    names: object = [values] if isinstance(values, str) else values
    if not isinstance(names, Iterable) or not all(isinstance(each, str) for each in names):
        raise TypeError(f"{name} must be a name or a sequence of names, got {values!r}")
    return list(names)


def percent(level: float) -> str:
    """Suggest the fraction that a number of percent is; empty if it is none.

    Examples
    --------
    >>> percent(95), percent(-1)
    ('95 % is 0.95', '')
    """
    return f"{level:g} % is {level / 100:g}" if 1 < level < 100 else ""


def wrong_level(name: str, level: float) -> str:
    """Say that a level does not lie between 0 and 1.

    Examples
    --------
    >>> wrong_level("level", 95)
    'level must lie between 0 and 1, got 95: 95 % is 0.95'
    """
    return ": ".join(filter(None, [f"{name} must lie between 0 and 1, got {level:g}", percent(level)]))
