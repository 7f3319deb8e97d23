"""The package nugauge: public names, time of import, and other packages that hide ours."""

import inspect
import re
import subprocess
import sys
import tomllib
import typing
from importlib.metadata import version
from pathlib import Path

import pytest
from support.examples import few

import analysis
import nugauge
from simgen import SM
from simgen.interaction.models import Terms

PACKAGES = {"simgen", "detsim", "analysis", "macros"}
ROOT = Path(__file__).parents[2]


def run(*arguments, directory=None):
    path = {"PYTHONPATH": str(ROOT), "PATH": ""}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=directory, env=path, timeout=120, check=False
    )


def test_public_names_are_those_of_the_packages():
    for name in nugauge.__all__:
        assert getattr(nugauge, name) is not None
    assert nugauge.fit is analysis.fit
    assert nugauge.SM is SM
    assert set(nugauge.__all__) <= set(dir(nugauge))
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        _ = nugauge.fitt


MADE = {"Conditions", "Distributions", "FileStamp", "Fitter", "Likelihood", "WeightModel"}
"""Classes that functions make: reading a file, `calibrate`, `make_fitter`, `Fitter.data`, weighted data."""


def classes(annotation):
    """List the classes of the packages in an annotation, but protocols and keywords."""
    inner = typing.get_args(annotation)
    if inner:
        return {c for a in inner for one in (a if isinstance(a, list) else [a]) for c in classes(one)}
    ours = inspect.isclass(annotation) and annotation.__module__.partition(".")[0] in PACKAGES
    plain = ours and not typing.is_typeddict(annotation) and not getattr(annotation, "_is_protocol", False)
    return {annotation.__name__} if plain else set()


@pytest.mark.parametrize(
    "name", [n for n in nugauge.__all__ if not n.startswith("_") and n not in {"Card", "CardError", "toys"}]
)
def test_what_functions_take_is_there(name):
    """Contract. Finds a class of an argument that a user has to look for in another package."""
    found = getattr(nugauge, name)
    if "Result" in name:
        return
    hints = typing.get_type_hints(found.__init__ if inspect.isclass(found) else found)
    taken = {c for argument, a in hints.items() if argument != "return" for c in classes(a)}
    assert taken - MADE <= set(nugauge.__all__)


def test_an_own_source_needs_no_other_package():
    lines = nugauge.Lines(energies=(0.75,), intensities=(1.0,))
    component = nugauge.Component(name="line", flavour=nugauge.Flavour.NU_E, spectrum=lines)
    own = nugauge.Source(name="own", components=(component,), half_life=1e6)
    card = nugauge.load_card("borexino-cr51-realistic")
    activity = nugauge.Activity(value=1e15, geometry=nugauge.Sphere(radius=100.0, source_distance=500.0))
    experiment = nugauge.Experiment(
        name="own",
        source=own,
        normalisation=activity,
        detector=card.experiment.detector,
        exposure=nugauge.Exposure(duration=8.64e5),
    )
    true = nugauge.generate(experiment, nugauge.SM(), seed=1)
    assert len(nugauge.detect(true, experiment, seed=1)) <= len(true)
    thrower = nugauge.Thrower(fitter=nugauge.make_fitter(experiment, nugauge.E6(beta="chi")), seed=1)
    assert len(next(nugauge.toys(thrower, 2, fitted=False))["toy"]) == 2


def test_what_models_take_is_listed():
    """Contract: the keywords that every model shares stand in the help of the simplest."""
    shared = typing.get_type_hints(Terms)
    assert set(shared) <= set(re.findall(r"\w+", nugauge.SM.__doc__))
    assert "**terms" in nugauge.LR.__doc__


def test_the_version_is_that_of_the_installation():
    assert nugauge.__version__ == version("nugauge")
    assert "__version__" in dir(nugauge)


def test_six_lines():
    card = nugauge.load_card("borexino-cr51-realistic")
    events = card.simulate(seed=1)
    result = card.fit(events)
    assert result.valid
    assert card.limit(events).upper > result.estimate.value
    study = card.coverage(at=[0.02], n_toys=200, seed=2)
    assert study is not None


def test_an_import_loads_nothing_heavy():
    code = "import sys, nugauge; print(*({'numpy', 'scipy', 'numba', 'matplotlib'} & set(sys.modules)))"
    assert run("-W", "error", "-c", code).stdout.split() == []


def test_the_command_as_a_module():
    done = run("-m", "nugauge", "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("nugauge ")


@pytest.mark.parametrize(
    "hidden", few(["analysis/__init__.py", "macros.py", "simgen/__init__.py", "analysis"], "macros.py")
)
def test_a_folder_of_the_users_own_is_named(tmp_path, hidden):
    """Users often have a folder analysis/: without modules it is ignored, any other is named."""
    own = tmp_path / hidden
    if own.suffix:
        own.parent.mkdir(exist_ok=True)
        own.write_text("")
    else:
        own.mkdir()
    done = run("-c", "import nugauge, macros, analysis; print(analysis.fit.__name__)", directory=tmp_path)
    if own.is_dir():
        assert done.stdout.split() == ["fit"]
        return
    *_, last = done.stderr.splitlines()
    assert done.returncode == 1
    name = own.relative_to(tmp_path).parts[0].removesuffix(".py")
    assert last.startswith(f"ImportError: {own} has the name of the package {name!r}")
    assert "rename it" in last


def test_the_script_looks_for_hidden_packages_first(tmp_path):
    """With the directory in PYTHONPATH its packages come before ours in the script, too."""
    (tmp_path / "macros.py").write_text("")
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, function = scripts["nugauge"].split(":")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from {module} import {function}"
    done = run("-c", code, directory=ROOT)
    assert done.returncode == 1
    assert f"{tmp_path / 'macros.py'} has the name of the package 'macros'" in done.stderr


def test_a_module_without_a_file_is_named():
    code = "import sys, types; sys.modules['analysis'] = types.ModuleType('analysis'); import nugauge"
    done = run("-c", code)
    assert "has the name of the package 'analysis'" in done.stderr.splitlines()[-1]
