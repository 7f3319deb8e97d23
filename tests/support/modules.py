"""The modules of the four packages."""

import ast
from pathlib import Path

__all__ = ["LAYERS", "MODULES", "NAMES", "ROOT", "public_names"]

ROOT = Path(__file__).parents[2]
LAYERS = ["simgen", "detsim", "analysis", "macros"]
MODULES = sorted(p for package in LAYERS for p in (ROOT / package).rglob("*.py"))
NAMES = [str(p.relative_to(ROOT)) for p in MODULES]


def public_names(path):
    """Return `__all__` as written, None if there is none."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "__all__" for t in node.targets):
            return ast.literal_eval(node.value)
    return None
