"""The worked example of docs: published-spectrum.md: its card, its tables, its commands, and its numbers."""

import re
import shlex

import numpy as np
import pytest
from scipy.optimize import brentq, minimize
from support.invocation import answer, invoke
from support.pages import read_page, shell_cells, written_files

from detsim.expectation.prediction import predict
from macros.card import load_card

PAGE = "tutorials/published-spectrum.md"
FILES = written_files(PAGE)
COMMANDS = [c for cell in shell_cells(PAGE) for c in cell.splitlines()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The files of the document, in the working directory."""
    assert set(FILES) == {"data.csv", "background.csv", "efficiency.csv", "solar.toml"}
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_commands(folder):
    """Contract: the commands of the page run, and the limit is the one below."""
    assert len(COMMANDS) == 3
    outputs = []
    for command in COMMANDS:
        name, *arguments = shlex.split(command)
        result = invoke(*arguments)
        assert (name, result.exit_code) == ("nugauge", 0), result.stderr
        outputs.append(result.stdout)
    assert outputs[1].startswith("mu_nu < 2.46 × 10⁻¹¹ μ_B at 90 % one-sided")


def test_limit(folder):
    """Twin: the limit from a likelihood written down here, with its parameters profiled by scipy.

    The signal is A + C μ², of two predictions by quadrature. Finds a nuisance parameter that is not in the
    fit, an uncertainty that is another, and counts in other bins.
    """
    card = load_card("solar.toml")
    at = [predict(card.experiment, card.model.vary(mu_nu=m)) for m in (0.0, 1e-11)]
    A = at[0].signal[1:-1]
    C = at[1].signal[1:-1] - A
    B = at[0].background[1:-1]
    n = np.loadtxt("data.csv", delimiter=",", skiprows=1)[:, 2]

    def cost(m, pulls):
        flux, mass, rate = np.array(pulls) * (0.06, 0.01, 0.04) + 1
        mu = flux * mass * (A + C * m**2) + rate * B
        return 2 * float(np.sum(mu - n * np.log(mu))) + float(np.sum(np.square(pulls)))

    def profile(m):
        return minimize(lambda pulls: cost(m, pulls), np.zeros(3), tol=1e-10).fun

    lowest = min(profile(m) for m in np.linspace(0, 2, 41))
    upper = 1e-11 * brentq(lambda m: profile(m) - lowest - 1.6424, 1, 6, xtol=1e-6)
    assert answer("limit", "solar.toml", "data.csv")["upper"] == pytest.approx(upper, rel=2e-4, abs=0)


def test_what_uncertainties_cost(folder):
    """Contract: the numbers in the text, and that the card simulates as it predicts."""
    found = dict(re.findall(r"`--set ([\w.]+=\w+)` it is ([\d.e-]+)[,:]", read_page(PAGE).replace("\n", " ")))
    assert len(found) == 2
    for override, stated in found.items():
        expected = answer("limit", "solar.toml", "--toys", 0, "--set", override)["upper"]
        assert f"{expected:.3e}" == stated
    assert answer("simulate", "solar.toml", "-o", "x.root", "--seed", 1)["p_value"] > 1e-3
