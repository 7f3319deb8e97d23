"""Looks of pictures: the style of this program, and what a style of the user changes in it."""

import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from detsim.names import closest

__all__ = ["Look", "StyleError", "base_style", "look", "present_look", "read_style"]

FONT_SIZE = 8.5
"""Of the texts of all pictures [points], unless a style says otherwise."""
_PAGE = 1.3
"""By what texts are larger in pictures of a page, which a telephone shrinks to its width."""
_LAST_FONT = "DejaVu Sans"
"""A part of matplotlib, with all letters that are needed: it gives those that another font does not have."""
_SIZES = (".size", "size", "width", "pad", "linewidth", "markersize")
_NOT_SIZES = ("figure.", "boxplot.", "hist.", "contour.", "pgf.", "path.")
_STATE = (
    *("backend", "docstring", "date.epoch", "figure.max", "figure.raise", "interactive", "macosx"),
    *("pgf.", "savefig.dir", "timezone", "tk.", "toolbar", "webagg"),
)
"""Parameters of matplotlib that say how a program behaves, not how a picture looks."""


class StyleError(ValueError):
    """A style that cannot be used: which, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How pictures look.

    Parameters
    ----------
    parameters : mapping of str to object
        Parameters of matplotlib, instead of those of this program's style.
    page : bool
        For a page of HTML: larger texts, no background, and the note is left to the caption.
    """

    parameters: Mapping[Any, Any] = field(default_factory=dict)
    page: bool = False


_PLAIN = Look()
_LOOK: ContextVar[Look] = ContextVar("look", default=_PLAIN)


@contextmanager
def look(chosen: Look) -> Iterator[None]:
    """Draw all pictures of a block with a look."""
    token = _LOOK.set(chosen)
    try:
        yield
    finally:
        _LOOK.reset(token)


def present_look() -> Look:
    """Return the look of the block in which a picture is drawn."""
    return _LOOK.get()


@cache
def base_style(*, page: bool = False) -> dict[Any, Any]:
    """Return the style of this program: that of ROOT in mplhep, in the size of these pictures.

    Parameters
    ----------
    page : bool
        As of `Look`.
    """
    import mplhep

    size = FONT_SIZE * (_PAGE if page else 1.0)
    return {
        **_fitted(dict(mplhep.style.ROOT), size),
        "axes.titlesize": "medium",
        "axes.unicode_minus": True,
        "figure.dpi": 100,
        "font.family": ["TeX Gyre Heros", _LAST_FONT],
        "legend.fontsize": "small",
        "legend.handlelength": 2.6,
        "lines.linewidth": 1.5,
        "lines.markersize": 4,
        "mathtext.fallback": "stixsans",
        "savefig.facecolor": "white",
        "xtick.major.pad": 4,
        "xtick.minor.size": 2,
        "ytick.major.pad": 4,
        "ytick.minor.size": 2,
    }


def read_style(name: str) -> dict[Any, Any]:
    """Read a style: a file of matplotlib's parameters, or the name of a style of mplhep or matplotlib.

    Parameters
    ----------
    name : str

    Returns
    -------
    dict
        Parameters of matplotlib. A style that states the size of its figures is scaled to that of the
        pictures drawn here, so that its text has the same share of them.

    Raises
    ------
    StyleError
        If there is no such file and no such style, or a line of it is wrong.
    """
    import matplotlib as mpl

    stated = _of_file(Path(name)) if _is_file(name) else _named(name)
    chosen = {key: value for key, value in stated.items() if not key.startswith(_STATE)}
    try:
        checked = dict(mpl.RcParams(chosen))  # in the types of matplotlib
    except (KeyError, ValueError) as error:
        raise StyleError(f"{name}: {str(error).splitlines()[0]}") from None
    if checked.get("text.usetex"):
        raise StyleError(f"{name}: sets text.usetex, and texts are not written with LaTeX here: leave it out")
    if "figure.figsize" in checked:
        checked = _fitted(checked, FONT_SIZE)
    fonts = _fonts(checked)
    if fonts is not None:
        checked["font.family"] = fonts
    background = checked.get("savefig.facecolor", "auto")
    if background == "auto" and "figure.facecolor" in checked:
        checked["savefig.facecolor"] = checked["figure.facecolor"]
    return checked


def _is_file(name: str) -> bool:
    return Path(name).is_file() or Path(name).suffix in {".mplstyle", ".rc", ".txt"} or "/" in name


def _of_file(path: Path) -> dict[Any, Any]:
    """Read a style file, every line of which has to be right."""
    import matplotlib as mpl

    complaints: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: complaints.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("matplotlib")
    propagates, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        stated = dict(mpl.rc_params_from_file(path, fail_on_error=True, use_default_template=False))
    except OSError as error:
        raise StyleError(f"{path}: {error.strerror or error}") from None
    except (KeyError, ValueError) as error:
        raise StyleError(f"{path}: {str(error).splitlines()[0]}") from None
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagates
    if complaints:
        text = " ".join(complaints[0].split())
        raise StyleError(f"{path}: {text.partition(' You probably')[0]}")
    if not stated:
        raise StyleError(f"{path}: states nothing; a style has lines such as 'font.size: 10'")
    return stated


def _named(name: str) -> dict[Any, Any]:
    """Find a style of mplhep or matplotlib by its name."""
    import matplotlib.style
    import mplhep

    hep = {
        key: value for key, value in vars(mplhep.style).items() if isinstance(value, dict) and key[0] != "_"
    }
    if name in hep:
        return dict(hep[name])
    if name in matplotlib.style.library:
        return dict(matplotlib.style.library[name])
    meant = closest(name, [*hep, *matplotlib.style.available])
    hint = f"did you mean {meant!r}?" if meant else f"styles are {', '.join(sorted(hep))} and matplotlib's"
    raise StyleError(
        f"{name}: there is no such file, and no style of mplhep or matplotlib has this name; {hint}"
    )


def _fitted(style: Mapping[Any, Any], size: float) -> dict[Any, Any]:
    """Scale all sizes of a style so that its font has a size [points], and leave out that of its figures."""
    scale = size / float(style.get("font.size", 10.0))
    return {
        key: value * scale if _is_size(key, value) else value
        for key, value in {"font.size": 10.0, **style}.items()
        if not key.startswith(("figure.figsize", "figure.dpi", "savefig.dpi"))
    }


def _is_size(key: str, value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    in_fonts = key.startswith("legend.") and "font" not in key  # legends are measured in sizes of the font
    return number and key.endswith(_SIZES) and not key.startswith(_NOT_SIZES) and not in_fonts


def _fonts(style: Mapping[Any, Any]) -> list[str] | None:
    """List the fonts of a style that this machine has, matplotlib's own last; None if it names none."""
    from matplotlib.font_manager import findfont

    if not {"font.family", "font.sans-serif", "font.serif", "font.monospace"} & set(style):
        return None
    families = style.get("font.family", ["sans-serif"])
    names: list[str] = []
    for family in [families] if isinstance(families, str) else families:
        names += style.get(
            f"font.{family}", [] if family in {"sans-serif", "serif", "monospace"} else [family]
        )
    found = []
    for font in names:
        try:
            findfont(font, fallback_to_default=False)
        except ValueError:
            continue
        found.append(font)
    return [*found, *([] if _LAST_FONT in found else [_LAST_FONT])]
