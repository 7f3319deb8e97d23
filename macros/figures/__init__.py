"""The paper's figures and more: each a pure function of run cards, with its numbers and its caption."""

from importlib import import_module
from pathlib import Path
from typing import Literal

__all__ = ["FIGURES", "make_figure"]

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


def make_figure(
    name: str,
    directory: str | Path,
    *,
    format: Literal["pdf", "png"] = "pdf",
    method: Literal["one-sided", "two-sided"] = "one-sided",
) -> list[Path]:
    """Compute, draw and write a figure.

    Parameters
    ----------
    name : str
        A key of `FIGURES`.
    directory : str or Path
        Made if it does not exist.
    format : {"pdf", "png"}
        Of the picture.
    method : {"one-sided", "two-sided"}
        At 95 %: Δχ² = 2.7055, the paper's, or 3.8415.

    Returns
    -------
    list of Path
        The picture, its numbers (CSV) and its caption (text); each is written whole or not at all.

    Raises
    ------
    ValueError
        If there is no such figure, format or method.
    OSError
        If a file cannot be written.
    """
    if name not in FIGURES:
        raise ValueError(f"there is no figure {name!r}: choose from {', '.join(FIGURES)}")
    if format not in {"pdf", "png"}:
        raise ValueError(f"format must be 'pdf' or 'png', got {format!r}")
    from detsim.files import whole_file
    from macros.card import load_card
    from macros.style import add_note, new_figure, render, styled

    numbered = name[0].isdigit()
    stem = f"figure{name}" if numbered else name
    module = import_module(f"macros.figures.{stem.replace('-', '_')}")
    data = module.compute({label: load_card(preset) for label, preset in module.CARDS.items()}, method=method)
    with styled():
        figure = new_figure(*module.SIZE)
        module.draw(figure, data)
        add_note(figure, data.note)
        picture = render(figure, format)
    title = f"Fig. {name}" if numbered else stem
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    contents = {format: picture, "csv": data.csv().encode(), "txt": data.text(title).encode()}
    written = []
    for suffix, content in contents.items():
        path = directory / f"{stem}.{suffix}"
        with whole_file(path) as stream:
            stream.write(content)
        written.append(path)
    return written
