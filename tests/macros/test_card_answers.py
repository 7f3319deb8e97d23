"""A card answers in Python with the numbers of the commands, bit for bit."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.examples import every
from support.invocation import CARD, answer

from analysis.settings import FitSettings
from detsim.event_files.event_writer import EventFile
from detsim.event_files.reader import TableFile
from macros import load_card
from macros.card import presets
from macros.terminal.console import plain
from macros.words.result_documents import (
    coverage_document,
    expectation_document,
    fit_document,
    goodness_document,
    limit_document,
)

SEVERAL = "borexino-hellaz-cr51"
KINDS = {"borexino-be7", "borexino-cr51-paper", "borexino-cr51-realistic", "borexino-cr51-sterile", SEVERAL}
"""One preset a kind: a flux, the paper's χ², nuisance parameters, bins of the distance, two experiments."""


def chosen(*quick):
    """List the presets: of each kind one, but all by hand; those that are not quick are long."""
    marks = {name: () if name in quick else pytest.mark.long for name in KINDS}
    return [pytest.param(name, marks=marks.get(name, pytest.mark.slow)) for name in presets()]


SETTINGS = ("run.precision=float64", "fit.level=0.9", "fit.limit_level=0.9", "run.threads=1")


def options():
    return [word for s in SETTINGS for word in ("--set", s)]


def files(card, directory, seed=1):
    """Simulate a card with the command: the arguments DATA, and the same for Python."""
    if len(card.experiments) == 1:
        path = directory / "events.root"
        answer("simulate", card.name, "-o", path, "--seed", seed, *options())
        return [path], path
    made = {}
    for k, e in enumerate(card.experiments):
        made[e.name] = directory / f"{e.name}.root"
        answer("simulate", card.name, "--of", e.name, "-o", made[e.name], "--seed", seed + k, *options())
    return [f"{name}={path}" for name, path in made.items()], made


def check(document, command, leave=()):
    """Compare a result with the keys of the command's JSON that it has."""
    document = plain(document)
    assert document.keys() - set(leave) <= command.keys()
    for key in document.keys() - set(leave):
        assert document[key] == command[key], key


@pytest.mark.parametrize("name", every(2, chosen(CARD, SEVERAL)))
def test_fit_and_limit_of_presets(name, tmp_path):
    """Contract: fit, limit and expected limit of files are those of the commands; of all presets by hand."""
    card = load_card(name, SETTINGS)
    specs, data = files(card, tmp_path)
    check(fit_document(card.fit(data)), answer("fit", name, *specs, *options()))
    check(limit_document(card.limit(data)), answer("limit", name, *specs, *options()))
    found = limit_document(card.limit(n_toys=20, seed=5, audit=5))
    check(found, answer("limit", name, "--toys", 20, "--seed", 5, "--audit", 5, *options()))


@pytest.mark.parametrize("name", every(4, chosen("borexino-cr51-paper", "borexino-cr51-sterile")))
def test_simulate_and_expect_of_presets(name, tmp_path):
    """Contract: events in memory are those of the file, and fitted give what the file gives."""
    card = load_card(name, SETTINGS)
    for k, experiment in enumerate(card.experiments):
        one = card if len(card.experiments) == 1 else card.of(experiment.name)
        of = [] if one is card else ["--of", experiment.name]
        path = tmp_path / f"{k}.root"
        answer("simulate", name, *of, "-o", path, "--seed", 3, *options())
        events = one.simulate(seed=3)
        with EventFile(path) as file:
            stored = _read(file)
        for column, values in stored.items():
            assert_array_equal(getattr(events, column), values, err_msg=column)
        check(expectation_document(one.expect(), one), answer("expect", name, *of, *options()))
        assert fit_document(one.fit(events)) == fit_document(one.fit(path))
        assert fit_document(one.fit(one.histogram(events))) == fit_document(one.fit(str(path)))
        assert fit_document(one.fit(one.histogram(events).values().ravel())) == fit_document(one.fit(path))


def _read(file):
    chunks = list(file.iterate())
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


@pytest.mark.long
@pytest.mark.parametrize("name", every(2, chosen("borexino-cr51-paper", CARD)))
def test_toys_and_coverage_of_presets(name, tmp_path):
    """Contract: toys are the rows of the toy file, coverage is that of the command."""
    card, path = load_card(name, SETTINGS), tmp_path / "toys.root"
    answer("toys", name, "-n", 12, "--first", 3, "-o", path, "--seed", 7, *options())
    with TableFile(path, "toys") as table:
        for column, values in card.toys(12, first=3, seed=7).items():
            assert_array_equal(values, _column(table, column), err_msg=column)
    command = answer("coverage", name, "--at", "0,0.05", "-n", 10, "--seed", 8, *options())
    check(coverage_document(card.coverage(at=[0, 0.05], n_toys=10, seed=8)), command)


def _column(table, name):
    return np.concatenate([chunk[name] for chunk in table.iterate([name])])


def test_goodness_and_comparison(tmp_path):
    """Contract: goodness of fit and comparison of models are those of the commands."""
    card = load_card(CARD, SETTINGS)
    specs, data = files(card, tmp_path)
    command = answer("fit", CARD, *specs, "--gof", 50, "--seed", 4, *options())
    found = goodness_document(card.goodness_of_fit(data, 50, seed=4))
    assert plain(found) == command["goodness_of_fit"]
    command = answer(
        "compare", CARD, CARD, *specs, "-n", 50, "--seed", 4, "--set-b", "model.beta=psi", *options()
    )
    other = load_card(CARD, [*SETTINGS, "model.beta=psi"])
    result = card.compare(other, data, 50, seed=4)
    assert (result.delta, result.a.p_value, result.b.p_value) == (
        command["delta"],
        command["a"]["p_value"],
        command["b"]["p_value"],
    )


@pytest.mark.long
def test_calibrated_limits_and_coverage(tmp_path):
    """Contract: calibrated limits, from a table and on the fly, are those of the commands."""
    card, table = load_card(CARD, SETTINGS), tmp_path / "table.root"
    specs, data = files(card, tmp_path)
    common = ("--method", "feldman-cousins", *options())
    command = answer("limit", CARD, *specs, "-n", 200, "--seed", 9, *common)
    found = card.limit(data, method="feldman-cousins", n_calibration=200, seed=9)
    check(limit_document(found), command)
    answer("calibrate", CARD, "-o", table, "-n", 200, "--at", "0:0.6:7", "--seed", 9, *options())
    command = answer("limit", CARD, *specs, "--table", table, *common)
    check(limit_document(card.limit(data, method="feldman-cousins", table=table)), command)
    command = answer("coverage", CARD, "--at", "0.1", "-n", 10, "--seed", 8, "--table", table, *options())
    check(coverage_document(card.coverage([0.1], 10, seed=8, table=table)), command)


def test_several_experiments():
    """Contract: mappings by the experiments' names in and out, and streams that are not the same."""
    card = load_card(SEVERAL)
    events = card.simulate(seed=1)
    assert list(events) == list(card.expect()) == list(card.histogram(events)) == ["HELLAZ", "BOREXINO"]
    assert card.fit(events).valid
    assert card.limit(events).upper > 0
    alone = card.of("BOREXINO").simulate(seed=1)
    n = min(len(alone), len(events["BOREXINO"]), 100)
    assert not np.any(alone.T[:n] == events["BOREXINO"].T[:n])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"HELLAZ": [1]}, "mapping of HELLAZ, BOREXINO"),
        ([1, 2], "mapping of HELLAZ, BOREXINO"),
        ({"HELLAZ": [1], "BOREXINO": [1], "LAMA": [1]}, "mapping of HELLAZ, BOREXINO"),
    ],
)
def test_wrong_data_of_several(data, message):
    """Contract. Finds data that are taken in the wrong order, or left out."""
    with pytest.raises(ValueError, match=message):
        load_card(SEVERAL).fit(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"BOREXINO": [1] * 6}, "not a mapping"),
        ([1.5] * 6, "counts must be whole"),
        ([-1] * 6, "counts must be whole"),
        ([float("nan")] * 6, "counts must be whole"),
        ([1] * 5, "counts need 6 or 8 entries"),
        (object(), "data must be events"),
        (None, "data must be events"),
        ("nothing.root", "there is no such file"),
    ],
)
def test_wrong_data(data, message):
    """Contract. Finds data of another card that are accepted."""
    from detsim.files.atomic import FileError

    with pytest.raises((ValueError, FileError), match=message):
        load_card(CARD).fit(data)


@pytest.mark.parametrize("bad", every(3, [-1, 1.5, float("nan"), float("inf"), True, "3", 2**63, 10**30]))
def test_wrong_seeds_and_numbers(bad):
    """Contract: seeds and numbers of things are whole and in their range, in Python too."""
    card = load_card(CARD)
    for call in (
        lambda: card.simulate(seed=bad),
        lambda: card.limit(seed=bad),
        lambda: card.toys(bad, seed=1),
        lambda: card.toys(1, first=bad, seed=1),
        lambda: card.coverage([0], bad, seed=1),
        lambda: card.coverage([0], 1, seed=1, audit=bad),
        lambda: card.limit(n_toys=bad, seed=1),
        lambda: card.limit(audit=bad, seed=1),
        lambda: card.goodness_of_fit(card.expect(), bad, seed=1),
        lambda: card.compare(card, [1] * 6, bad, seed=1),
    ):
        with pytest.raises(ValueError, match=r"must be (a whole number|an integer) from"):
            call()


def test_a_seed_is_asked_for():
    """Contract: nothing is drawn without a seed; the card's seed is used."""
    card = load_card(CARD)
    for call in (card.simulate, card.limit, lambda: card.toys(1), lambda: card.coverage([0], 1)):
        with pytest.raises(ValueError, match="give seed="):
            call()
    seeded = load_card(CARD, ["run.seed=4"])
    assert_array_equal(seeded.simulate().T, card.simulate(seed=4).T)
    assert card.limit(n_toys=0).band is None
    simulated = load_card(CARD, ["fit.templates=simulation", "fit.template_events=10000"])
    with pytest.raises(ValueError, match="give seed="):
        simulated.fit([400] * 6)
    assert simulated.fit([400] * 6, seed=2).estimate == simulated.fit([400] * 6, seed=2).estimate


def test_settings_of_the_fit_are_still_settings():
    """Contract: `card.fit` can be read, compared, varied, copied and pickled as settings."""
    import copy
    import pickle
    from dataclasses import asdict, replace

    card = load_card(CARD)
    plain_settings = FitSettings()
    assert card.fit == plain_settings
    assert plain_settings == card.fit
    assert card.fit != replace(plain_settings, level=0.9)
    assert hash(card.fit) == hash(load_card(CARD).fit)
    assert asdict(card.fit) == asdict(plain_settings)
    changed = replace(card, fit=replace(card.fit, level=0.9))
    for other in (changed, copy.deepcopy(changed), pickle.loads(pickle.dumps(changed))):
        assert other.fit(card.expect()).level == other.fit.level == 0.9
    assert card.fit(card.expect()).level == 0.683


def test_readme_shows_these_lines():
    """Contract: the Python of README runs, and uses the card's level of corrections and its γ."""
    import re

    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    found = {}
    exec(code.replace("n_toys=1000", "n_toys=20"), found)  # noqa: S102 (the document's own example)
    assert found["card"].model.corrections == "full"
    assert found["result"].valid
    assert len(found["study"].points) == 3
