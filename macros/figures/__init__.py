"""The paper's figures and more: each a pure function of run cards, with its numbers and its caption."""

from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from detsim.files import Former
    from macros.setup import Output

__all__ = ["FIGURES", "figure_outputs", "make_figure"]

FIGURES = {
    "1": "limits on γ against the error per bin, BOREXINO and HELLAZ",
    "2": "limits on γ against the error per bin, LAMA",
    "3": "events per bin in LAMA: standard model, magnetic moment, Z'",
    "4": "LAMA's reach in the magnetic moment and in the Z' against the error per bin",
    "1-normalisation": "Fig. 1 with a normalisation error that all bins share",
    "2-normalisation": "Fig. 2 with a normalisation error that all bins share",
    "mixing": "limits on γ where mixing follows from the mass, as the paper remarks on η",
    "beta": "reach in γ over all E6 models",
}
"""What each figure shows, by its name."""


def figure_outputs(name: str, directory: str | Path, format: str = "pdf") -> "tuple[Output, ...]":
    """Name the files of a figure: the picture, its numbers (CSV) and its caption (text)."""
    from macros.plots import BESIDE_TEXT
    from macros.setup import picture_outputs

    return picture_outputs(Path(directory) / f"{_stem(name)}.{format}", BESIDE_TEXT)


def make_figure(
    name: str,
    directory: str | Path,
    *,
    format: Literal["pdf", "png", "svg"] = "pdf",
    method: Literal["one-sided", "two-sided"] = "one-sided",
    former: "Former | None" = None,
) -> list[Path]:
    """Compute, draw and write a figure.

    Parameters
    ----------
    name : str
        A key of `FIGURES`.
    directory : str or Path
        Made if it does not exist.
    format : {"pdf", "png", "svg"}
        Of the picture.
    method : {"one-sided", "two-sided"}
        At 95 %: Δχ² = 2.7055, the paper's, or 3.8415.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`; without it, files of these names.

    Returns
    -------
    list of Path
        The picture, its numbers (CSV) and its caption (text); all are written whole, or none.

    Raises
    ------
    ValueError
        If there is no such figure, format or method.
    OSError
        If a file cannot be written.
    """
    if name not in FIGURES:
        raise ValueError(f"there is no figure {name!r}: choose from {', '.join(FIGURES)}")
    if format not in {"pdf", "png", "svg"}:
        raise ValueError(f"format must be 'pdf', 'png' or 'svg', got {format!r}")
    from macros.card import load_card
    from macros.plots import add_note, new_figure, styled, write_figure

    stem = _stem(name)
    source, _, normalisation = stem.partition("-")
    module = import_module(f"macros.figures.{source}")
    options = {"normalisation": True} if normalisation else {}
    cards = {label: load_card(preset) for label, preset in module.CARDS.items()}
    data = module.compute(cards, method=method, **options)
    with styled():
        figure = new_figure(*(module.SIZE_NORMALISATION if normalisation else module.SIZE))
        module.draw(figure, data, **options)
        add_note(figure, data.note)
    title = f"Fig. {name}" if name[0].isdigit() else stem
    directory = Path(directory)
    is_new = not directory.exists()
    directory.mkdir(parents=True, exist_ok=True)
    try:
        path = directory / f"{stem}.{format}"
        return [Path(file) for file in write_figure(path, figure, data, title=title, former=former)]
    except BaseException:
        if is_new:
            with suppress(OSError):  # there are files in it
                directory.rmdir()
        raise


def _stem(name: str) -> str:
    """Name the files of a figure; the module has the part before a hyphen."""
    return f"figure{name}" if name[0].isdigit() else name
