"""Sub-packages: entered by their `__init__`, imported in one direction, of few modules each."""

import ast
import importlib
import re
from functools import cache
from graphlib import TopologicalSorter

import pytest
from support.modules import MODULES, ROOT, public_names, statements, syntax_tree
from support.pages import read_page

PACKAGES = ["simgen", "detsim", "analysis", "macros"]
MOST_MODULES = 13
"""Of one folder."""
MOST_LINES = 300
"""Of one module, or one file of tests."""
ONE_EACH = {"commands"}
"""Folders with one module for each of their things, however many these are."""
CARD = ("macros.card.answers", "macros.card.study_answers")
"""Answers in Python for itself: the only modules that import what stands to their right, in their methods."""


def dotted(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = {dotted(path): path for path in MODULES}
TESTS = list((ROOT / "tests").rglob("*.py"))
WINGS = {
    name
    for name, path in FILES.items()
    if path.name == "__init__.py" and "." in name and name.split(".")[0] in PACKAGES
}


def wing_of(name):
    """Return the sub-package of a module, or the package itself."""
    return name if name in WINGS or name in PACKAGES else name.rpartition(".")[0]


@cache
def imports(path):
    """List what a module imports of the packages, inside functions too: modules and sub-packages."""
    found = set()
    for node in statements(syntax_tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module in FILES:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in FILES and inner not in WINGS else node.module)
    return found


@cache
def exported(name):
    """Read what a sub-package exports: from its stub, or from `__all__` where there is none."""
    path = FILES[name]
    stub = path.with_suffix(".pyi")
    if not stub.exists():
        return set(public_names(path) or ())
    nodes = syntax_tree(stub).body
    return {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}


def test_another_sub_package_is_entered_by_its_door():
    """Contract. Finds an import of a module inside another sub-package; compiled code is called directly."""
    wrong = {}
    for path in MODULES:
        own = wing_of(dotted(path))
        inner = {name for name in imports(path) if name not in WINGS and wing_of(name) in WINGS - {own}}
        wrong[dotted(path)] = {name for name in inner if "_kernels" not in name and not _is_of_door(name)}
    assert {name: found for name, found in wrong.items() if found} == {}


def _is_of_door(name):
    """Tell whether `from wing import name` takes what the door exports, though a module has that name."""
    parent, _, short = name.rpartition(".")
    return short in exported(parent)


@pytest.mark.parametrize("package", PACKAGES)
def test_sub_packages_import_in_one_direction(package):
    """Contract. Finds two sub-packages that import each other, over others or in annotations too."""
    graph = {}
    for name, path in FILES.items():
        if name.split(".")[0] == package and path.name != "__init__.py" and name not in CARD:
            known = {wing_of(n) for n in imports(path) if n.split(".")[0] == package}
            graph.setdefault(wing_of(name), set()).update(known - {wing_of(name)})
    order = list(TopologicalSorter(graph).static_order())
    assert len(order) > 3


def test_no_folder_is_a_heap():
    counts = {}
    for name, path in FILES.items():
        if path.name != "__init__.py" and name.split(".")[0] in PACKAGES:
            counts[path.parent] = counts.get(path.parent, 0) + (path.parent.name not in ONE_EACH)
    assert {str(folder): n for folder, n in counts.items() if n > MOST_MODULES} == {}


def test_no_module_is_long():
    files = [*FILES.values(), *TESTS]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {str(path): n for path, n in lines.items() if n > MOST_LINES} == {}


def test_sub_packages_say_what_they_are():
    for name in WINGS:
        assert ast.get_docstring(syntax_tree(FILES[name])), name


@pytest.mark.parametrize("package", PACKAGES)
def test_the_documented_order_is_that_of_the_imports(package):
    """Contract. docs: architecture.md lists sub-packages so that each imports only those above it."""
    text = read_page("explanation/architecture.md")
    (block,) = re.findall(rf"^{package}/ .*\n((?:  \S.*\n)+)", text, re.MULTILINE)
    listed = [f"{package}.{line.split()[0].strip('/').replace('/', '.')}" for line in block.splitlines()]
    documented = [name for name in listed if name in WINGS]
    assert {name for name in WINGS if name.split(".")[0] == package and "._kernels." not in name} <= {
        *documented,
        f"{package}.batch.engine._kernels",
        f"{package}.pseudo_experiments._kernels",
    }
    for name, path in FILES.items():
        own = wing_of(name)
        if own not in documented or path.name == "__init__.py" or name in CARD:
            continue
        for other in {wing_of(n) for n in imports(path)} & set(documented):
            assert documented.index(other) <= documented.index(own), (name, other)


def test_a_card_imports_its_answers_when_it_is_asked():
    """Contract. Finds an import to the right of cards, or one that is made before a method is called."""
    later = set()
    for module in CARD:
        tree = syntax_tree(FILES[module])
        first = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
        assert {wing_of(name) for name in first if name.startswith("macros")} <= {
            "macros.card",
            "macros.card.checks",
        }
        later |= {wing_of(name) for name in imports(FILES[module]) if name.startswith("macros")}
    assert later - {"macros.card", "macros.card.checks"} == {
        "macros.setup",
        "macros.studies",
        "macros.terminal",
    }


def test_twins_are_functions():
    """Contract. Finds a twin that docs: architecture.md names and that is none: a module, or nothing."""
    text = read_page("explanation/architecture.md")
    table = text.partition("| drawn | computed |")[2].partition("\n\n")[0]
    names = re.findall(r"`([\w.]+\.[\w.]+)`", table)
    assert len(names) == 6
    for name in names:
        assert callable(_looked_up(name)), name


def _looked_up(name):
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ImportError:
        return getattr(_looked_up(module), attribute)
