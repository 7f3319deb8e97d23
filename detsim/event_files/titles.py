"""Titles of branches: their meaning and unit, which ROOT shows in `TTree::Print` and in its browser.

uproot gives every branch the title ``name/type`` and has no argument for another one. Its method that
describes a branch is replaced while a tree is made; if a future uproot has no such method, or another one,
branches keep the titles of uproot. No reader of ours needs them.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from detsim.event_files.queue import Branch

__all__ = ["branch_titles"]

_CLASS, _METHOD, _KEY = "uproot.writing._cascadetree.Tree", "_branch_np", "fTitle"
_LOCK = threading.Lock()


@contextmanager
def branch_titles(branches: Mapping[str, Branch]) -> Iterator[None]:
    """Give branches that are made within the block their description and unit as title.

    Parameters
    ----------
    branches : mapping of str to Branch
        By name; those without a description keep the title of uproot.
    """
    titles = {name: title(branch) for name, branch in branches.items() if branch.description}
    tree = _tree_class()
    describe = getattr(tree, _METHOD, None)
    if describe is None:
        yield
        return

    def titled(self: Any, branch_name: str, *arguments: Any, **options: Any) -> Any:
        branch = describe(self, branch_name, *arguments, **options)
        if isinstance(branch, dict) and _KEY in branch and branch_name in titles:
            branch[_KEY] = titles[branch_name]
        return branch

    with _LOCK:
        setattr(tree, _METHOD, titled)
        try:
            yield
        finally:
            setattr(tree, _METHOD, describe)


def title(branch: Branch) -> str:
    """Write what a branch holds, with its unit.

    Examples
    --------
    >>> title(Branch(dtype="float32", unit="MeV", description="neutrino energy, 0 for a background"))
    'neutrino energy, 0 for a background [MeV]'
    """
    return f"{branch.description} [{branch.unit}]" if branch.unit else branch.description


def _tree_class() -> Any:
    """Return uproot's class of trees that are being written; None if there is none of this name."""
    module, _, name = _CLASS.rpartition(".")
    try:
        return getattr(import_module(module), name, None)
    except ImportError:
        return None
