"""How pictures are drawn in the present look, and how they become bytes; no state is left behind."""

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from macros.plots.looks import base_style, present_look
from macros.terminal import printable

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "SUPERSCRIPTS",
    "Format",
    "add_mass_axis",
    "add_note",
    "ink",
    "load_drawing",
    "new_figure",
    "note_of",
    "paper",
    "plain_text",
    "render",
    "render_svg",
    "scientific",
    "styled",
]

Format = Literal["pdf", "png", "svg"]

_DPI = 200
_PAGE_WIDTH = 4.8
"""Of a figure on a page, at most [inch]: a telephone shrinks it, and its texts stay legible."""
_TICK_DISTANCE = 0.075
"""Of the labels at a mass axis, as a fraction of its length."""
_NOTE_SIZE = 0.765
"""Of the note, in sizes of the font."""
_NOTE_LINE = 1.5
"""Distance of the lines of a note, in sizes of their font."""
_MARGIN = 0.07
"""Around a note [inch]."""
_EDGE = 0.03
"""Of the paper around everything that is drawn [inch]."""
_HINTING = 1.05
"""By how much a line of text may be longer on paper than the outlines of its letters."""
_SMALLEST = 5.0
"""Size of a note [points] below which nobody reads it."""

_FIXED: dict[Any, Any] = {
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
    "pdf.fonttype": 42,
    "savefig.bbox": None,
    "savefig.dpi": _DPI,
    "svg.fonttype": "path",
    "svg.hashsalt": "nugauge",
}
"""What pictures of one content have to have in common to have the same bytes, whatever a style says."""

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
"""For `str.translate`."""


@contextmanager
def styled() -> Iterator[None]:
    """Draw and render in the present look, whatever the user's matplotlibrc says; restored afterwards."""
    import matplotlib as mpl

    look = present_look()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(base_style(page=look.page))
        mpl.rcParams.update(dict(look.parameters))
        mpl.rcParams.update(_FIXED)
        yield


def load_drawing() -> None:
    """Load all that drawing and rendering need: half a second, which another process may spend in time."""
    from matplotlib.backends import backend_agg, backend_pdf, backend_svg  # noqa: F401

    with styled():
        pass


def new_figure(width: float, height: float) -> "Figure":
    """Make an empty figure of a size in inches, which keeps its texts apart; on a page it is not wide."""
    from matplotlib.figure import Figure

    if present_look().page:
        width = min(width, _PAGE_WIDTH)
    return Figure(figsize=(width, height), layout="constrained")


def ink() -> str:
    """Return the colour of texts and data points: black, unless a style has a dark background."""
    import matplotlib as mpl

    return str(mpl.rcParams["text.color"])


def paper() -> str:
    """Return the colour behind what is drawn."""
    import matplotlib as mpl

    return str(mpl.rcParams["axes.facecolor"])


def add_note(figure: "Figure", lines: Sequence[str]) -> None:
    """Print small lines below everything else: what a picture must not be shown without.

    Lines that are too long are broken, and the figure grows by what that adds. On a page the lines are not
    drawn but kept for the caption: see `note_of`.
    """
    import matplotlib as mpl

    figure.set_label("\n".join(lines))
    if present_look().page:
        return
    size = max(_NOTE_SIZE * float(mpl.rcParams["font.size"]), _SMALLEST)
    line_height = _NOTE_LINE * size / 72
    plain = map(plain_text, lines)
    broken = [part for line in plain for part in _broken(line, size, figure.get_figwidth() - 2 * _MARGIN)]
    figure.set_figheight(figure.get_figheight() + line_height * (len(broken) - len(lines)))
    height = figure.get_figheight()
    share = (len(broken) * line_height + _MARGIN) / height
    engine = figure.get_layout_engine()
    if engine is not None:
        side, top = _EDGE / figure.get_figwidth(), _EDGE / height
        engine.set(rect=(side, share, 1 - 2 * side, 1 - share - top))  # type: ignore[call-arg]
    for i, line in enumerate(reversed(broken)):
        y = (_MARGIN + i * line_height) / height
        x = _MARGIN / figure.get_figwidth()
        figure.text(x, y, line, fontsize=size, color=ink(), alpha=0.8, va="bottom", ha="left")


def plain_text(text: str) -> str:
    """Write a text of the user so that no dollar in it begins a formula."""
    return printable(text).replace("$", r"\$")


def note_of(figure: "Figure") -> str:
    """Return the lines of a figure's note."""
    return str(figure.get_label() or "")


def _broken(line: str, size: float, width: float) -> list[str]:
    """Break a line into parts that are no longer than a width [inch]."""
    room = 72 * width / _HINTING
    parts = [""]
    for word in line.split(" "):
        longer = f"{parts[-1]} {word}" if parts[-1] else word
        if parts[-1] and _is_wider(longer, size, room):
            parts.append(word)
        else:
            parts[-1] = longer
    return parts


def _is_wider(text: str, size: float, room: float) -> bool:
    """Tell whether the outlines of a text are wider than a room [point]."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath, text_to_path

    font = FontProperties(size=size)
    # The box of the glyphs is longer by less than a letter, and takes a hundredth of the time.
    longest = text_to_path.get_text_width_height_descent(text.replace(r"\$", "$"), font, False)[0]
    if longest <= room or longest - size > room:
        return bool(longest > room)
    return bool(TextPath((0, 0), text, size=size, prop=font).get_extents().width > room)


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
        axis.set_ylabel(r"$M_{Z′}$ [GeV]")


@styled()
def render(figure: "Figure", kind: Format, *, keywords: str = "") -> bytes:
    """Render a figure; the same figure gives the same bytes.

    Parameters
    ----------
    figure : matplotlib Figure
    kind : {"pdf", "png", "svg"}
    keywords : str
        For the metadata, which also name this program.
    """
    stream = io.BytesIO()
    words = {"Keywords": keywords} if keywords else {}
    kinds: dict[Format, dict[str, Any]] = {
        "pdf": {"CreationDate": None, "Creator": "nugauge", **words},
        "svg": {"Date": None, "Creator": "nugauge", **{key: [text] for key, text in words.items()}},
        "png": {"Software": "nugauge", **words},
    }
    engine = figure.get_layout_engine()
    if engine is not None:  # found once for all kinds: it takes as long as a picture
        engine.execute(figure)
        figure.set_layout_engine(None)  # "none" would have every kind drawn twice
    with _quiet("fontTools"):  # it remarks on the dates inside matplotlib's own fonts
        figure.savefig(stream, format=kind, metadata=kinds[kind], transparent=present_look().page)
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
