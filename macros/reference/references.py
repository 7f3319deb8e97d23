"""Where numbers come from: constants, data bases, published and evaluated values."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from macros.reference.pages import page, tables

__all__ = ["Reference", "references"]

_WIDE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A number of the program, and where it is from.

    Parameters
    ----------
    what : str
    ours : str
        The number that is used, with its unit.
    theirs : str
        What the source has; empty where ours is copied from it.
    source : str
    """

    what: str
    ours: str
    theirs: str
    source: str


def references() -> tuple[Reference, ...]:
    """List constants, data bases, and numbers that are compared with published or evaluated ones."""
    return (*_constants(), *_data_bases(), *_compared())


def _constants() -> Iterator[Reference]:
    """Read the constants with the sentences that stand under them."""
    import simgen.constants

    tree = ast.parse(Path(simgen.constants.__file__).read_text(encoding="utf-8"))
    for node, said in zip(tree.body, tree.body[1:], strict=False):
        text = (
            said.value.value if isinstance(said, ast.Expr) and isinstance(said.value, ast.Constant) else None
        )
        if isinstance(node, ast.Assign) and isinstance(text, str) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            value = getattr(simgen.constants, name)
            shown = f"{value:.10g}" if isinstance(value, float) else "by convention"
            yield Reference(what=name, ours=shown, theirs="", source=" ".join(text.split()).rstrip("."))


def _data_bases() -> Iterator[Reference]:
    from importlib.metadata import version

    yield Reference(
        what="atomic masses, shells and binding energies of targets",
        ours=f"xraydb {version('xraydb')}",
        theirs="",
        source="Elam, Ravel, Sieber, in the Python package xraydb",
    )


def _compared() -> Iterator[Reference]:
    """Read the table of comparisons."""
    for table in tables(*page("Validation")):
        if len(table.head) == _WIDE and table.head[-1] == "source":
            for what, theirs, ours, _, _, unit, source in table.rows:
                blank = "" if unit == "1" else f" {unit}"
                yield Reference(what=what, ours=f"{ours}{blank}", theirs=f"{theirs}{blank}", source=source)
