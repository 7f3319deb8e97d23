"""Direction of imports, what an import costs, and public names."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from support.modules import (
    LAYERS,
    MODULES,
    NAMES,
    ROOT,
    has_public_names,
    isort_order,
    public_names,
    statements,
    syntax_tree,
)


def imported(path):
    """List the absolute names that a module imports anywhere, inside functions too."""
    for node in statements(syntax_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def test_imports_point_left():
    """Contract. Finds a package that imports one to its right: simgen ← detsim ← analysis ← macros."""
    wrong = {}
    for name, path in zip(NAMES, MODULES, strict=True):
        own = LAYERS.index(path.relative_to(ROOT).parts[0])
        forbidden = {*LAYERS[own + 1 :], "tests", "support"}
        wrong[name] = {n for n in imported(path) if n.split(".")[0] in forbidden}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_there_is_something_to_check():
    """Contract. Finds a moved tree, in which the tests above would check nothing."""
    assert len(MODULES) > 20
    assert {p.relative_to(ROOT).parts[0] for p in MODULES} == set(LAYERS)


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        (
            "simgen.interaction.models, simgen.sources.isotopes, simgen.geometry",
            ["numba", "scipy", "matplotlib"],
        ),
        (
            "detsim.experiment, detsim.detector.detector, detsim.detector.materials",
            ["numba", "scipy", "xraydb", "uproot", "matplotlib"],
        ),
        (
            "detsim.detector.materials; detsim.detector.materials.charge_to_mass('C9H12')",
            ["xraydb", "sqlalchemy"],
        ),
        ("simgen, detsim", ["numba", "scipy", "uproot", "matplotlib"]),
    ],
)
def test_imports_are_light(modules, heavy):
    """Contract. Finds a compiler or library loaded, or a warning raised, where only descriptions are made."""
    code = f"import sys\nimport {modules}\nprint(*(m for m in {heavy} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=60,
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if p.relative_to(ROOT).parts[0] in {"simgen", "detsim"} and has_public_names(p)],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_public_names_exist_and_are_sorted(path):
    """Contract. Finds a name in `__all__` that is gone, twice there, or private."""
    names = public_names(path)
    assert names == sorted(names, key=isort_order)
    module = importlib.import_module(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    )
    assert set(names) == set(module.__all__)
    assert len(set(names)) == len(names)
    for name in names:
        assert not name.startswith("_")
        assert hasattr(module, name)


@pytest.mark.parametrize("package", ["simgen", "detsim"])
def test_every_module_says_what_is_public(package):
    """Contract. Finds a module without `__all__`, outside the compiled kernels."""
    modules = [p for p in (ROOT / package).rglob("*.py") if "_kernels" not in p.parts]
    without = [p.name for p in modules if public_names(p) is None and p.stat().st_size > 200]
    assert not without


@pytest.mark.parametrize("package", ["simgen", "detsim", "analysis", "macros"])
def test_no_public_name_is_also_a_module(package):
    """Contract: importing a module must not put it where a public function of that name was."""
    found = importlib.import_module(package)
    modules = {path.stem for path in Path(found.__file__).parent.iterdir()}
    assert not modules & set(found.__all__)
