"""The example of a full simulation: events out, energies back, limits beside those of the card's response."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from support.invocation import answer

from detsim.event_files.event_reader import EventFile

EXAMPLE = Path(__file__).parents[2] / "examples" / "full-simulation"
pytestmark = [  # the attached files of other tests are quicker
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed"),
]


@pytest.fixture(scope="module")
def loop(tmp_path_factory):
    """Measured energies of the program, for uniform light and for light that depends on the place."""
    folder = tmp_path_factory.mktemp("loop")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    command = ["g++", "-O2", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-o", "detector", "detector.cpp"]
    subprocess.run(command, cwd=folder, check=True)
    slopes = {"uniform": "0", "sloped": "-0.4"}
    for name, seed, n, kinds in (("true", 1, 40_000, [*slopes]), ("other", 2, 20_000, ["sloped"])):
        true = folder / f"{name}.root"
        run = ("--seed", seed, "--events", n, "--columns", "vertex,time,direction")
        answer("generate", folder / "card.toml", *run, "-o", true)
        exported = folder / f"{name}.hepevt"
        answer("export", true, "--format", "hepevt", "--dialect", "canonical", "-o", exported)
        for kind in kinds:
            table = folder / f"{name}-{kind}.csv"
            subprocess.run(["./detector", exported, table, slopes[kind], str(seed)], cwd=folder, check=True)
            answer("attach", true, table, "--column", "T_reco", "-o", folder / f"{name}-{kind}.root")
    return folder


def file_templates(path):
    return "--set", "fit.templates=file", "--set", f"fit.template_file={path}"


def test_energies_belong_to_their_events(loop):
    """Twin, α = 1e-3: pulls (n - 500 T)/√(500 T) of photo-electrons. Finds energies of other events."""
    with EventFile(loop / "true-uniform.root") as file:
        events = file.arrays()
    mean = 500 * events["T"].astype(np.float64)
    pull = (500 * events["T_reco"] - mean)[mean > 150] / np.sqrt(mean[mean > 150])
    assert abs(pull.mean()) < 3.3 / np.sqrt(len(pull))
    assert abs(pull.std() - 1) < 3.3 / np.sqrt(2 * len(pull))


def test_uniform_light_is_the_response_of_the_card(loop):
    """Twin: limits agree within four times the scatter of samples of this size, 0.0012."""
    card = loop / "card.toml"
    of_card = answer("limit", card, "--toys", 0)["upper"]
    of_file = answer("limit", card, "--toys", 0, *file_templates(loop / "true-uniform.root"))["upper"]
    assert of_file == pytest.approx(of_card + 0.003, abs=0.005)  # the templates' error weakens it


def test_light_that_depends_on_the_place_is_not(loop):
    """Twin: the program's templates describe data of the program, the card's response does not."""
    data = (loop / "card.toml", loop / "other-sloped.root", "--set", "background={}")
    wrong = answer("fit", *data)
    right = answer("fit", *data, *file_templates(loop / "true-sloped.root"))
    assert wrong["fval"] > 60
    assert right["fval"] < 25
    gamma = right["parameters"]["gamma"]
    assert abs(gamma["value"]) < 3.3 * gamma["error"]
