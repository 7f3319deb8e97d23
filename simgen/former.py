"""Modules of earlier versions under their former names, such as `analysis.intervals`.

Also names of a former module whose name a package has now.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["former_modules", "install", "with_former_names"]

_TABLE = Path(__file__).with_name("former_modules.txt")


def former_modules() -> dict[str, str]:
    """Return present names of modules by their former ones."""
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines if line and not line.startswith("#"))


class _Former:
    """Finder and loader of modules by their former names; asked only for names that nothing else knows.

    It has the methods that Python asks for. To inherit from the base classes of `importlib.abc` would
    double the time that `import simgen` takes.
    """

    def __init__(self) -> None:
        self._table: dict[str, str] | None = None
        self._specs: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for a former name, None for any other."""
        if fullname.partition(".")[0] not in {"simgen", "detsim", "analysis", "macros"}:
            return None
        if self._table is None:
            self._table = former_modules()
        if fullname not in self._table:
            return None
        return ModuleSpec(fullname, self)  # type: ignore[arg-type]  # the methods suffice

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Import the module under its present name."""
        module = import_module((self._table or {})[spec.name])
        self._specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Restore the module's spec; its code was executed under its present name."""
        for name, spec in list(self._specs.items()):
            if spec is not None and spec.name == module.__name__:
                module.__spec__ = self._specs.pop(name)


def install() -> None:
    """Make former names of modules importable, once in a process."""
    if not any(isinstance(finder, _Former) for finder in sys.meta_path):
        sys.meta_path.append(_Former())


def with_former_names(get: Callable[[str], Any], names: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package that also has names of a module which it replaces.

    Parameters
    ----------
    get : callable
        The `__getattr__` of the package.
    names : mapping of str to str
        Present module of each former name.

    Examples
    --------
    >>> find = with_former_names(lambda name: name, {"M_Z": "simgen.constants"})
    >>> find("M_Z"), find("model")
    (91187.6, 'model')
    """
    return lambda name: getattr(import_module(names[name]), name) if name in names else get(name)
