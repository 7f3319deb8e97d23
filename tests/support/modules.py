"""The modules of the four packages."""

import ast
from functools import cache
from pathlib import Path

__all__ = [
    "LAYERS",
    "MODULES",
    "NAMES",
    "ROOT",
    "has_public_names",
    "isort_order",
    "public_names",
    "statements",
    "stub_names",
    "syntax_tree",
]

ROOT = Path(__file__).parents[2]
LAYERS = ["simgen", "detsim", "analysis", "macros"]
MODULES = sorted(p for package in LAYERS for p in (ROOT / package).rglob("*.py"))
NAMES = [str(p.relative_to(ROOT)) for p in MODULES]


@cache
def syntax_tree(path):
    """Parse a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def statements(node):
    """List the statements below a node, those inside functions too, without a walk through expressions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield child
            yield from statements(child)


def has_public_names(path):
    """Tell whether `public_names` lists any, from the text alone."""
    return path.with_suffix(".pyi").exists() or "\n__all__ = " in path.read_text(encoding="utf-8")


def public_names(path):
    """Return `__all__` as written, or as the stub of a lazily loaded package has it; None without both."""
    for node in syntax_tree(path).body:
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "__all__" for t in node.targets):
            return ast.literal_eval(node.value)
    stub = path.with_suffix(".pyi")
    return stub_names(stub) if stub.exists() else None


def stub_names(stub):
    """List the names that the stub of a lazily loaded package imports, as the linter sorts names."""
    body = syntax_tree(stub).body
    return sorted((alias.asname for node in body for alias in node.names), key=isort_order)


def isort_order(name):
    """Constants, then classes, then the rest, as the linter sorts."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name
