"""A figure before it is drawn: a table of numbers, and the words that go with it."""

import csv
import io
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from macros.terminal import printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Cell", "FigureData"]

Cell = float | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureData:
    """All that a figure shows and says.

    Parameters
    ----------
    title : str
        One line.
    caption : str
        States every assumption.
    note : tuple of str
        Short lines for the picture itself.
    columns : tuple of str
        Names of the table's columns, units included.
    rows : tuple of tuple
        Numbers, texts, or None where there is no number.
    """

    title: str
    caption: str
    note: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def column(self, name: str, **where: str) -> "NDArray[np.float64]":
        """Return a column as an array, with gaps (NaN) where there is no number.

        Parameters
        ----------
        name : str
        **where : str
            Only the rows with these texts in these columns.
        """
        import numpy as np

        chosen = [
            row
            for row in self.rows
            if all(row[self.columns.index(key)] == text for key, text in where.items())
        ]
        cells = [row[self.columns.index(name)] for row in chosen]
        return np.array([np.nan if cell is None else cell for cell in cells], np.float64)

    def csv(self) -> str:
        """Write the table: a line of names, then the rows; a missing number is an empty cell."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(map(printable, self.columns))
        writer.writerows([_text(cell) for cell in row] for row in self.rows)
        return stream.getvalue()

    def document(self) -> dict[str, Any]:
        """Return all of it as the keys of a JSON document."""
        return asdict(self)

    def text(self, title: str) -> str:
        """Write title, caption and the names of the columns."""
        return f"{title}. {self.title}\n\n{self.caption}\n\nColumns of the table: {', '.join(self.columns)}\n"


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return printable(cell)
    return "" if cell is None or not math.isfinite(cell) else f"{cell:.8g}"
