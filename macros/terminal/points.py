"""Values of a parameter as an option gives them: NAME=a:b:n, n points from a to b, or a list."""

import math

import typer

__all__ = ["MOST_POINTS", "even_values", "read_points", "read_values"]

MOST_POINTS = 100_000
"""Largest number of values of one option."""
_ROUNDING = 1e-9
"""An equidistant value this close to 0 is 0, in steps."""


def read_points(option: str, text: str) -> tuple[str, list[float]]:
    """Read the name of a parameter and its values.

    Parameters
    ----------
    option : str
        What error messages call it.
    text : str
        ``NAME=a:b:n``, ends included, or ``NAME=a:b:n:log`` for equal ratios.

    Raises
    ------
    typer.BadParameter
        If it is something else.

    Examples
    --------
    >>> read_points("--x", "gamma=0:0.2:3")
    ('gamma', [0.0, 0.1, 0.2])
    >>> read_points("--x", "delta_c_L=-0.1:0.2:4")
    ('delta_c_L', [-0.1, 0.0, 0.1, 0.2])
    """
    name, _, values = (part.strip() for part in text.partition("="))
    parts = values.split(":")
    logarithmic = parts[-1] == "log"
    try:
        first, last, number = parts[:-1] if logarithmic else parts
        low, high, n = float(first), float(last), int(number)
    except ValueError:
        raise typer.BadParameter(
            f"{option} {text!r}: write NAME=a:b:n, n points from a to b, such as gamma=0:0.2:41, or a:b:n:log"
        ) from None
    if n > MOST_POINTS:
        raise typer.BadParameter(f"{option} {values!r}: more than {MOST_POINTS} points")
    if not (name and math.isfinite(low) and math.isfinite(high) and low < high and n >= 2):
        raise typer.BadParameter(f"{option} {text!r}: needs a name, a < b and at least 2 points")
    if logarithmic and low <= 0:
        raise typer.BadParameter(f"{option} {text!r}: equal ratios start above 0")
    if logarithmic:
        steps = [i / (n - 1) for i in range(n)]
        return name, [float(f"{low * (high / low) ** s:.12g}") for s in steps]
    return name, even_values(low, high, n)


def even_values(first: float, last: float, n: int) -> list[float]:
    """Return equidistant values with 12 digits, ends included; of 0 rounding leaves nothing but 0.

    Examples
    --------
    >>> even_values(-0.7, 1.4, 4)
    [-0.7, 0.0, 0.7, 1.4]
    """
    step = (last - first) / max(n - 1, 1)
    values = [float(f"{first + (last - first) * i / max(n - 1, 1):.12g}") for i in range(n)]
    return [0.0 if abs(v) < _ROUNDING * abs(step) else v for v in values]


def read_values(option: str, text: str) -> list[float]:
    """Read the values of a parameter whose name is known.

    Parameters
    ----------
    option : str
        What error messages call it.
    text : str
        ``V,V,...``, or ``a:b:n`` as for `read_points`.

    Raises
    ------
    typer.BadParameter
        If it is something else.

    Examples
    --------
    >>> read_values("--at", "0,0.02"), read_values("--at", "0:0.2:3")
    ([0.0, 0.02], [0.0, 0.1, 0.2])
    """
    if ":" in text:
        try:
            return read_points(option, f"value={text}")[1]
        except typer.BadParameter as error:
            if "more than" in str(error):
                raise
            raise typer.BadParameter(
                f"{option} {text!r}: write a:b:n, n points from a to b, a below b, such as 0:0.2:21"
            ) from None
    values = []
    for part in text.split(","):
        try:
            values.append(float(part))
        except ValueError:
            raise typer.BadParameter(
                f"{option} {text!r}: {part!r} is not a number; write for example 0,0.02,0.05"
            ) from None
    if not all(math.isfinite(v) for v in values):
        raise typer.BadParameter(f"{option} {text!r}: values must be finite")
    twice = [v for v in values if values.count(v) > 1]
    if twice:
        raise typer.BadParameter(f"{option} {text!r}: {twice[0]:g} stands there twice")
    return values
