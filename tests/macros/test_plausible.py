"""Absurd values in a card are refused or warned of; repeated options are refused."""

import math
import re

import pytest
from support.examples import every, few
from support.invocation import CARD, answer, invoke, refusal

from macros import CardError, load_card
from macros.card import presets, read_card


def fault(*overrides, card=CARD):
    with pytest.raises(CardError) as error:
        load_card(card, overrides)
    return str(error.value)


@pytest.mark.parametrize(
    ("override", "key", "right"),
    [
        ("detector.energy_scale=1e300", "detector.energy_scale", "0.001 to 1000"),
        ("model.gamma=1e10", "model.gamma", "at most 10000"),
        ("model.mass=1 MeV", "model.mass", "at least 0.9119 GeV"),
        ("systematics.activity=5", "systematics.activity", 'constraint = "log-normal"'),
        ("background.flat.uncertainty=5", "background.flat.uncertainty", 'constraint = "log-normal"'),
        ("run.threads=100000000000000000000000000", "run.threads", "at most 4096"),
        ("run.events_per_file=1000000000000000000000000000000", "run.events_per_file", "at most 1e+18"),
        ("source.activity=1e-300 Bq", "source.activity", "0.001 Bq to 1e+24 Bq"),
        ("background.flat.rate=1e30 /d", "background.flat.rate", "at most 1e+20 /d"),
        ("detector.mass=3e6 t", "detector.mass", "check the target's mass"),
        ("detector.electrons=1e38", "detector.electrons", "no matter has"),
        ("exposure.start=1e6 d", "exposure.start", "half-lives of the source"),
        ("exposure.duration=1e300 d", "exposure.duration", "1e-14 d to 5e+12 d"),
        ("fit.limit_level=0.9999999999999999", "fit.limit_level", "got 1"),
        ("geometry.radius=1e300 m", "geometry.radius", "1e-09 m to 1e+07 m"),
        ("geometry.source_position=['1e30 m', '0 m', '0 m']", "geometry.source_position.0", "1e+12 m"),
    ],
)
def test_what_cannot_be_right_is_refused(override, key, right):
    """Contract: an error names the key and the legal form."""
    message = fault(override)
    assert f"{key}: " in message
    assert right in message


@pytest.mark.parametrize(
    ("override", "key"),
    every(
        3,
        [
            ("model.gamma=2", "model.gamma"),
            ("systematics.activity=0.8", "systematics.activity"),
            ("detector.mass=2000 t", "detector.mass"),
            ("exposure.start=1000 d", "exposure.start"),
            ("source.activity=1e20 Bq", "source.activity"),
            ("detector.energy_scale=3", "detector.energy_scale"),
        ],
        unpack=True,
    ),
)
def test_what_is_not_plausible_is_warned_of(override, key):
    """Contract: by `check`, by commands that load the card, and in Python."""
    with pytest.warns(UserWarning, match=re.escape(key)):
        card = load_card(CARD, [override])
    assert any(text.startswith(key) for text in card.warnings)
    result = invoke("expect", CARD, "--set", override)
    assert result.exit_code == 0
    assert f"warning: {key}" in result.stderr
    assert any(text.startswith(key) for text in answer("check", CARD, "--set", override)["warnings"])


def test_threads_of_this_machine():
    """Contract: `check` warns of more threads than there are."""
    warnings = answer("check", CARD, "--set", "run.threads=4096")["warnings"]
    assert any(text.startswith("run.threads = 4096: this machine has") for text in warnings)


def test_a_log_normal_may_be_large():
    """Contract: the form that the message proposes is legal."""
    system = '{ uncertainty = 2.0, constraint = "log-normal" }'
    assert read_card(CARD, [f"systematics.activity={system}"]).warnings == ()
    assert read_card(CARD, ["systematics.activity=free"]).warnings == ()


def test_keys_of_several_experiments_are_named():
    """Contract: errors and warnings name the key where it stands in the card."""
    name = "borexino-hellaz-cr51"
    assert "experiment.HELLAZ.detector.mass: " in fault("experiment.HELLAZ.detector.mass=1e7 t", card=name)
    warnings = read_card(name, ["experiment.BOREXINO.detector.energy_scale=3"]).warnings
    assert len(warnings) == 1
    assert warnings[0].startswith("experiment.BOREXINO.detector.energy_scale")


NUMBERS = [
    "-1",
    "0",
    "1e30",
    "1" + "0" * 30,
    "1" + "0" * 400,
    "nan",
    "inf",
    "-inf",
    "true",
    "1.5",
    '"1"',
    "[]",
]


@pytest.mark.parametrize("key", ["run.seed", "run.threads", "run.events_per_file", "fit.template_events"])
@pytest.mark.parametrize("value", NUMBERS)
def test_whole_numbers_of_cards(key, value):
    """Contract: whole numbers of the card are whole and in their range, with one message otherwise."""
    if (key, value) == ("run.seed", "0"):
        assert load_card(CARD, [f"{key}={value}"]).run.seed == 0
        return
    found = fault(f"{key}={value}")
    assert f"{key}: must be " in found or f"{key}: is a number of more than 308 digits" in found


def keys_of(document, path=""):
    for name, value in document.items():
        if isinstance(value, dict):
            yield from keys_of(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


ABSURD = ["1e300", "-1e300", "1e-300", "inf", "1" + "0" * 400]


@pytest.mark.parametrize("numbers", few([ABSURD, ["1e300"]], ["1e300"]), ids=len)
@pytest.mark.parametrize("preset", few(["lama-pm147-paper", "borexino-cr51-sterile"], "lama-pm147-paper"))
def test_absurd_values_of_every_key(preset, numbers):
    """Contract: with any value in any key, a card is loaded with finite expectations or refused."""
    for key, value in keys_of(load_card(preset).document):
        unit = value.partition(" ")[2] if isinstance(value, str) and value[:1].isdigit() else ""
        for number in numbers:
            text = f'"{number} {unit}"' if unit else number
            result = invoke("expect", preset, "--set", f"{key}={text}", "--json")
            assert result.exit_code in {0, 2}, (key, number, result.output)
            if result.exit_code == 0:
                assert "null" not in result.stdout, (key, number, result.stdout)


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("sensitivity", CARD, "--errors", "0.1:0.2:2", "--errors", "0.1:0.3:2"), "--errors"),
        (("coverage", CARD, "-n", 3, "--at", "0", "--at", "1"), "--at"),
        (("simulate", CARD, "-o", "a.root", "-o", "b.root"), "-o/--output"),
        (("simulate", CARD, "-o", "a.root", "--seed", 1, "--seed", 1), "--seed"),
        (("toys", CARD, "-o", "a.root", "-n", 1, "--toys-at", "events", "--toys-at", "counts"), "--toys-at"),
        (("expect", CARD, "--of", "a", "--of", "b"), "--of"),
        (("inspect", "a.root", "--hashes", "--no-hashes"), "--hashes"),
        (("contour", CARD, "--x", "gamma=0:1:2", "--x", "gamma=0:1:3", "--y", "mu_nu=0:1:2"), "--x"),
    ],
)
def test_options_given_twice(arguments, option):
    """Contract: an option of which one value counts is given once."""
    assert f"{option} is given 2 times" in refusal(*arguments)


def test_flags_may_be_repeated():
    """Contract: the same flag twice says the same."""
    assert answer("expect", CARD, "--json")["total"] > 0


def test_keys_set_twice():
    """Contract: a key is set once; a table and a key in it in either order; one card's before both cards'."""
    message = refusal("expect", CARD, "--set", "model.gamma=0", "--set", "model.gamma=0.1")
    assert "--set model.gamma: is given 2 times" in message
    orders = ["model.constrained={tau=3}", "model.constrained.tau=2"]
    taus = [load_card(CARD, order).model.tau for order in (orders, orders[::-1])]
    assert taus == [2, 2]
    scan = ("--scan", "exposure.duration=10:20:2")
    alone = answer("sensitivity", CARD, *scan)
    assert answer("sensitivity", CARD, *scan, "--set", "exposure.duration=30 d") == alone
    simulated = ("fit.templates=simulation", "fit.template_events=10000", "run.seed=1")
    sets = [word for s in simulated for word in ("--set", s)]
    assert len(answer("sensitivity", CARD, *scan, *sets)["limit"]) == 2


def test_repr_of_a_model():
    """Contract: a model says its corrections and s², and its repr makes it again."""
    from simgen import E6, LR, SM

    text = repr(E6(beta="chi", gamma=0.05))
    assert text == "E6(beta=0.0, gamma=0.05, sin2_theta_w=0.2312, corrections='tree')"
    for model in (
        SM(corrections="full"),
        LR(gamma=0.1, phi=0.01),
        E6(beta="eta", gamma=0.1, constrained=True, tau=2.0, mu_nu=1e-11),
    ):
        assert eval(repr(model), {"SM": SM, "E6": E6, "LR": LR}) == model  # noqa: S307 (our own text)
    assert math.isclose(load_card(CARD).model.sin2_theta_w, 0.2317)
    assert "corrections='full'" in repr(load_card(CARD).model)


@pytest.mark.parametrize("name", every(3, presets()))
def test_check_shows_every_required_key(name):
    """Contract: `check` shows the value of every key that has to be stated."""
    shown = " ".join(invoke("check", name).stdout.split())
    card = load_card(name)
    for experiment in card.experiments:
        one = card if len(card.experiments) == 1 else card.of(experiment.name)
        source, detector, exposure = (one.document[t] for t in ("source", "detector", "exposure"))
        stated = [
            experiment.name if len(card.experiments) > 1 else detector["name"],
            source.get("isotope", ""),
            f"{source['data']} data" if "data" in source else "",
            detector["threshold"],
            f"binding {detector['binding']}",
            detector["bins"]["low"],
            detector["bins"]["high"],
            f"efficiency {detector['efficiency']:g}",
            exposure["duration"],
            f"from {exposure['start']} on",
            card.model.label,
            *(
                text
                for b in one.document["background"].values()
                for text in (b["rate"], b["shape"], b["low"])
            ),
        ]
        if "mass" in detector:
            stated.append(f"in {detector['mass']} of {detector['target']}")
        for text in stated:
            assert text in shown


def test_signals_that_are_lost():
    """Contract: a signal lost beside the background is warned of, and none at all is not fitted."""
    faint = ("--set", "source.activity=1e4 Bq")
    with_warning = invoke("expect", CARD, *faint)
    assert "less than a thousandth of the counting error of the 545.5 counts" in with_warning.stderr
    assert any("counting error" in text for text in answer("check", CARD, *faint)["warnings"])
    assert "no signal is expected" in refusal("limit", CARD, "--toys", 0, *faint)
    with pytest.raises(ValueError, match="no signal is expected"):
        load_card(CARD, ["source.activity=1e4 Bq"]).fit([90] * 6)


def test_numbers_that_are_not_finite_are_not_written(tmp_path):
    """Contract: no inf or NaN in event files, CSV of histograms and of figures, or text."""
    from dataclasses import replace

    import numpy as np

    from analysis.histograms.histograms import from_counts
    from analysis.histograms.write import write_csv
    from detsim.event_files.event_writer import EventWriter, event_columns
    from macros.plots.figure_data import FigureData

    card = load_card(CARD)
    events = card.simulate(seed=1)
    for bad in (math.inf, math.nan, 1e300):
        values = events.T.copy()
        values[3] = bad
        columns = event_columns(detected=True)
        with (
            pytest.raises(ValueError, match="no number to be written"),
            EventWriter(tmp_path / "x.root", columns=columns, provenance={}, precision="float64") as writer,
        ):
            writer.extend(replace(events, T=values))
    assert not list(tmp_path.glob("*.root"))
    h = from_counts(np.array([1, 2, math.inf, 4, 5, 6]), card.experiment)
    with pytest.raises(ValueError, match="not finite"):
        write_csv(tmp_path / "x.csv", h)
    data = FigureData(title="", caption="", note=(), columns=("a", "b"), rows=((math.nan, math.inf),))
    assert data.csv() == "a,b\n,\n"
    everything = ("--set", "detector.threshold=none", "--set", "model.mu_nu=1e-10")
    for command in ("expect", "check"):
        assert "the expected counts diverge" in refusal(command, CARD, *everything)
