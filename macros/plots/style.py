"""How the project's pictures look, and how they become bytes: no pyplot, no state left behind."""

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "BLACK",
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "PURPLE",
    "SKY",
    "SUPERSCRIPTS",
    "VERMILION",
    "Format",
    "add_mass_axis",
    "add_note",
    "new_figure",
    "render",
    "render_svg",
    "scientific",
    "styled",
]

Format = Literal["pdf", "png", "svg"]

BLACK, GREY = "#000000", "#6e6e6e"
BLUE, VERMILION, GREEN = "#0072b2", "#d55e00", "#009e73"
ORANGE, SKY, PURPLE = "#e69f00", "#56b4e9", "#cc79a7"
"""Colours of Okabe and Ito, which the colour-blind can tell apart."""

_DPI = 200
_TICK_DISTANCE = 0.075
"""Of the labels at a mass axis, as a fraction of its length."""
_NOTE_SIZE = 6.5
_NOTE_LINE = 0.135
"""Height of a line of the note [inch]."""

_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.labelsize": 9,
    "axes.titlesize": 9,
    "axes.linewidth": 0.8,
    "axes.unicode_minus": True,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "lines.linewidth": 1.5,
    "lines.markersize": 4,
    "mathtext.fontset": "dejavusans",
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "figure.dpi": 100,
    "savefig.dpi": _DPI,
    "savefig.facecolor": "white",
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "nugauge",
}

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
"""For `str.translate`."""


@contextmanager
def styled() -> Iterator[None]:
    """Draw and render in the project's style, whatever the user's matplotlibrc says; restored afterwards."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def new_figure(width: float, height: float) -> "Figure":
    """Make an empty figure of a size in inches, which keeps its texts apart."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def add_note(figure: "Figure", lines: Sequence[str]) -> None:
    """Print small lines below everything else: what a picture must not be shown without."""
    height = figure.get_figheight()
    share = (len(lines) * _NOTE_LINE + 0.08) / height
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, share, 1, 1 - share))  # type: ignore[call-arg]
    for i, line in enumerate(reversed(lines)):
        y = (0.07 + i * _NOTE_LINE) / height
        figure.text(0.012, y, line, fontsize=_NOTE_SIZE, color="#404040", va="bottom", ha="left")


def add_mass_axis(ax: "Axes", *, label: bool = True) -> None:
    """Show M_Z' = M_Z/√γ [GeV] at the right of an axis of γ whose limits are set."""
    import numpy as np
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    from simgen.constants import M_Z

    def mass_of(gamma: "ArrayLike") -> "NDArray[np.float64]":
        return np.asarray(M_Z / 1000 / np.sqrt(np.maximum(np.asarray(gamma), 1e-12)))

    def gamma_of(mass: "ArrayLike") -> "NDArray[np.float64]":
        return np.asarray((M_Z / 1000 / np.maximum(np.asarray(mass), 1e-6)) ** 2)

    def place(mass: float) -> float:
        at = ax.transData.transform((1.0, float(gamma_of(mass))))
        return float(ax.transAxes.inverted().transform(at)[1])

    ax.tick_params(axis="y", which="both", right=False)
    axis = ax.secondary_yaxis("right", functions=(mass_of, gamma_of))
    ticks: list[float] = []
    for mass in (m * 10.0**k for k in range(-1, 5) for m in (1, 1.5, 2, 3, 5)):
        if 0.02 < place(mass) < 0.99 and (not ticks or place(ticks[-1]) - place(mass) > _TICK_DISTANCE):
            ticks.append(mass)
    axis.yaxis.set_major_locator(FixedLocator(ticks))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if label:
        axis.set_ylabel(r"$M_{Z'}$ [GeV]")


@styled()
def render(figure: "Figure", kind: Format, *, keywords: str = "") -> bytes:
    """Render a figure; the same figure gives the same bytes.

    Parameters
    ----------
    figure : matplotlib Figure
    kind : {"pdf", "png", "svg"}
    keywords : str
        For the metadata of PDF and PNG, which also name this program.
    """
    stream = io.BytesIO()
    words = {"Keywords": keywords} if keywords else {}
    kinds: dict[Format, dict[str, str | None]] = {
        "pdf": {"CreationDate": None, "Creator": "nugauge", **words},
        "svg": {"Date": None},
        "png": {"Software": "nugauge", **words},
    }
    if figure.get_layout_engine() is not None:  # found once for all kinds: it takes as long as a picture
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
    with _quiet("fontTools"):  # it remarks on the dates inside matplotlib's own fonts
        figure.savefig(stream, format=kind, metadata=kinds[kind])
    return stream.getvalue()


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def render_svg(figure: "Figure") -> str:
    """Render a figure as an SVG element that can stand inside HTML."""
    text = render(figure, "svg").decode()
    return text[text.index("<svg") :]


def scientific(value: float, digits: int = 3) -> str:
    """Write a number for a text, with a power of ten where it is large or small.

    Examples
    --------
    >>> scientific(5e31), scientific(73170.5), scientific(0.2312, 4), scientific(1e12)
    ('5×10³¹', '7.32×10⁴', '0.2312', '10¹²')
    """
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.{digits}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = "10" + str(int(exponent)).translate(SUPERSCRIPTS)
    number = f"{float(mantissa):g}"
    return power if number == "1" else f"{number}×{power}"
