"""Values of scans: even, in equal ratios, lists, with units; and two keys of a card at once."""

import pytest
import typer
from support.invocation import CARD, answer, invoke, refusal

from macros.card import load_card
from macros.studies import ScanKey, scan_limits
from macros.terminal import ScanValue, read_points, read_scan, read_values

PLANE = ("--scan", "exposure.duration=10 d:100 d:2:log", "--scan", "systematics.activity=0.01,0.02,0.05")


def values(text):
    return [(v.number, v.unit) for v in read_scan("--scan", text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0:1:3", [(0.0, ""), (0.5, ""), (1.0, "")]),
        ("1:100:3:log", [(1.0, ""), (10.0, ""), (100.0, "")]),
        ("3:1:3", [(3.0, ""), (2.0, ""), (1.0, "")]),
        ("10 keV : 1 MeV : 3 : log", [(10.0, "keV"), (100.0, "keV"), (1000.0, "keV")]),
        ("1 yr:365.25:2", [(1.0, "yr"), (365.25, "yr")]),
        ("1:36 h:2", [(1.0, "h"), (36.0, "h")]),
        ("1 d,36 h", [(1.0, "d"), (36.0, "h")]),
        ("5 /d:1 /h:2", [(5.0, "/d"), (24.0, "/d")]),
        ("chi,psi", [(None, "chi"), (None, "psi")]),
        ("0.1:0.1:1", [(0.1, "")]),
    ],
)
def test_values_of_a_scan(text, expected):
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.1", "write a:b:n"),
        ("0:1", "write a:b:n"),
        ("0:1:0", "write a:b:n"),
        ("0:1:2.5", "write a:b:n"),
        ("0:1:5:lin", "write a:b:n"),
        ("chi:psi:2", "write a:b:n"),
        ("0:1:5:log", "equal ratios start above 0"),
        ("1 keV:1 d:3", "'d' and 'keV' differ in kind"),
        ("1 keV:1 furlong:3", "unknown unit 'furlong'"),
        ("1,2,1", "1 stands there twice"),
        ("1,,2", "write a:b:n"),
        ("nan,1", "must be finite"),
        ("0:inf:3", "must be finite"),
        ("0:1:100001", "more than 100000 points"),
    ],
)
def test_what_is_no_scan(text, words):
    with pytest.raises(typer.BadParameter, match=words):
        values(text)


def test_values_of_parameters_are_in_internal_units():
    assert read_points("--x", "vector_mass=1 keV:1 MeV:4:log") == ("vector_mass", [1e-3, 1e-2, 1e-1, 1.0])
    assert read_points("--x", "delta_m2=1 eV2,2e-12 MeV2,5") == ("delta_m2", [1.0, 2.0, 5.0])
    assert read_values("--at", "1e-11 mu_B,2e-11", "mu_nu") == [1e-11, 2e-11]
    assert read_values("--at", "0 deg:180 deg:2", "phi") == pytest.approx([0.0, 3.141592653589793])
    assert read_values("--at", "0.05", "gamma") == [0.05]
    for parameter, text, words in (
        ("gamma", "1 keV", "gamma has no unit"),
        ("mu_nu", "1 keV", "is not a magnetic moment"),
        ("gamma", "1,1", "stands there twice"),
        ("vector_mass", "1 MeV,1000 keV", "stands there twice"),
    ):
        with pytest.raises(typer.BadParameter, match=words):
            read_values("--at", text, parameter)


def test_coverage_at_values_with_units():
    study = ("-n", 4, "--seed", 1, "--audit", 0, "--set", "fit.poi=mu_nu")
    found = answer("coverage", CARD, "--at", "1e-11 mu_B,3e-11", *study)
    assert [point["value"] for point in found["points"]] == [1e-11, 3e-11]


def test_a_contour_with_units():
    """Contract. Magnetic moments in equal ratios, beside a list of couplings."""
    axes = ("--x", "mu_nu=1e-12 mu_B:1e-10:3:log", "--y", "eps_R=-0.1,0,0.1")
    found = answer("contour", CARD, *axes)
    assert found["x"] == pytest.approx([1e-12, 1e-11, 1e-10], rel=1e-12)
    assert found["y"] == [-0.1, 0.0, 0.1]


@pytest.mark.long
def test_a_contour_over_masses():
    """Contract. Masses in keV, in equal ratios, beside a list of couplings."""
    card = (CARD, "--set", "model.vector_coupling=1e-12", "--set", "model.vector_mass=100 keV")
    axes = ("--x", "vector_mass=10 keV:1 MeV:2:log", "--y", "vector_coupling=1e-13,3e-12")
    found = answer("contour", *card, *axes)
    assert found["x"] == [0.01, 1.0]
    assert found["y"] == [1e-13, 3e-12]


def test_a_plane():
    """Twin. Each limit of a plane is that of `limit` with both values; rows are those of the second key."""
    found = answer("sensitivity", CARD, *PLANE)
    assert found["keys"] == ["exposure.duration", "systematics.activity"]
    durations, activities = found["values"]
    assert (durations, activities) == (["10 d", "100 d"], [0.01, 0.02, 0.05])
    assert "key" not in found
    for row, masses, activity in zip(found["limit"], found["M_Zprime_GeV"], activities, strict=True):
        for limit, mass, duration in zip(row, masses, durations, strict=True):
            settings = ("--set", f"exposure.duration={duration}", "--set", f"systematics.activity={activity}")
            alone = answer("limit", CARD, "--toys", 0, *settings)
            assert limit == pytest.approx(alone["upper"], rel=1e-9)
            assert mass == pytest.approx(alone["M_Zprime_GeV"], rel=1e-9)


def test_the_text_of_a_plane():
    said = invoke("sensitivity", CARD, *PLANE).stdout.splitlines()
    assert said[0] == "gamma <, a column for each exposure.duration, a line for each systematics.activity"
    assert said[1].split() == ["10", "d", "100", "d"]
    assert [line.split()[0] for line in said[2:5]] == ["0.01", "0.02", "0.05"]
    assert "expected (Asimov) limits at 95 %" in said[5]
    many = ("--scan", "model.gamma=0:0.1:9", "--scan", "systematics.activity=0.01,0.02")
    lines = invoke("sensitivity", CARD, *many).stdout.splitlines()
    assert lines[0].split() == ["model.gamma", "systematics.activity", "gamma", "<"]
    assert len(lines) == 1 + 18 + 1


def test_a_plane_in_python():
    """Contract. What a picture is drawn from."""
    keys = (
        ScanKey(key="exposure.duration", values=("10 d", "20 d")),
        ScanKey(key="model.beta", values=("chi",)),
    )
    done = []
    found = scan_limits(CARD, None, keys, advance=done.append)
    assert sum(done) == 2
    assert len(found.rows) == 1
    assert found.rows[0] == list(found.limits)
    assert found.limits[0] > found.limits[1] > 0
    with pytest.raises(ValueError, match="one key is scanned, or two that differ"):
        scan_limits(CARD, None, keys[:1] * 2)


@pytest.mark.parametrize(
    ("scans", "words"),
    [
        (("model.gamma=0:1:2",) * 2, "model.gamma is scanned twice"),
        (
            ("model.gamma=0:1:2", "fit.level=0.5,0.6", "model.phi=0,1"),
            "is given 3 times; two keys make a plane",
        ),
        (("model.gamma=0:1:1000", "fit.level=0.5:0.6:1000"), "more than 100000 points"),
        (("model.gamma",), "write KEY=a:b:n"),
        (("model.gama=0:1:2",), "unknown key: did you mean"),
    ],
)
def test_what_is_no_plane(scans, words):
    said = refusal("sensitivity", CARD, *(text for scan in scans for text in ("--scan", scan)))
    assert words in " ".join(said.split())


def test_errors_in_equal_ratios_and_lists():
    common = ("sensitivity", "lama-pm147-paper", "--errors")
    assert answer(*common, "0.01:0.1:3:log")["errors"] == pytest.approx([0.01, 0.0316227766, 0.1])
    assert answer(*common, "0.02,0.05")["errors"] == [0.02, 0.05]


def test_a_word_keeps_its_meaning():
    assert read_scan("--scan", "true,false") == [ScanValue(None, "true"), ScanValue(None, "false")]
    assert ScanKey(key="a.b", values=("true", "10 d", 0.5)).override("true") == "a.b=true"
    assert ScanKey(key="a.b", values=()).override("10 d") == 'a.b="10 d"'


def test_limits_on_the_weak_mixing_angle_differ_in_their_digits():
    """Contract. Finds limits that are written alike, without their distance from the card's value."""
    scan = ("sensitivity", CARD, "--scan", "exposure.duration=100:104:5", "--poi", "sin2_theta_w")
    head, *rows = invoke(*scan).stdout.splitlines()
    found = answer(*scan)
    cells = [row.split() for row in rows[:5]]
    assert "M_Z'" not in head
    assert head.split("  ")[-1] == "above the card's"
    assert len({row[-2] for row in cells}) == 5
    distances = [limit - truth for limit, truth in zip(found["limit"], found["truth"], strict=True)]
    assert [float(row[-1]) for row in cells] == pytest.approx(distances, rel=5e-3)
    assert found["truth"] == [load_card(CARD).model.sin2_theta_w] * 5


def test_the_mass_of_a_z_prime_stands_beside_gamma_only():
    for parameter, shown in (("gamma", True), ("mu_nu", False), ("eps_R", False)):
        said = invoke("sensitivity", CARD, "--errors", "0.05,0.1", "--poi", parameter).stdout
        assert ("M_Z'" in said) == shown


@pytest.mark.parametrize("key", ["geometry.source_position.2", "geometry.source_position[2]"])
def test_a_component_of_the_place_of_a_source_is_scanned(key):
    """Closed form: of a cylinder, along its axis, as `geometry.source_distance`, in the unit of the card."""
    place = 'geometry.source_position=["0 m", "0 m", "20 m"]'
    found = answer("sensitivity", "hellaz-cr51-realistic", "--set", place, "--scan", f"{key}=15:25:2")
    distance = "geometry.source_distance=15 m:25 m:2"
    expected = answer("sensitivity", "hellaz-cr51-realistic", "--scan", distance)
    assert found["limit"] == expected["limit"]
    assert found["values"] == ["15 m", "25 m"]
    assert found["limit"][0] < found["limit"][1]


@pytest.mark.parametrize(
    "shape", ['shape="shell", inner_radius="1 m", radius="3 m"', 'shape="box", size=["4 m","5 m","6 m"]']
)
def test_every_shape_has_a_distance_of_its_source(shape):
    """Closed form: a source on the z axis."""
    near = load_card(CARD, [f'geometry={{{shape}, source_distance="9 m"}}'])
    there = load_card(CARD, [f'geometry={{{shape}, source_position=["0 m","0 m","9 m"]}}'])
    assert near.experiment == there.experiment
    both = f'geometry={{{shape}, source_distance="9 m", source_position=["0 m","0 m","9 m"]}}'
    assert "give one of the two" in refusal("check", CARD, "--set", both)


@pytest.mark.parametrize(
    ("entry", "words"),
    [("3", "'3' is no entry of a list of 3; they are 0, 1, 2"), ("z", "'z' is no entry of a list of 3")],
)
def test_an_entry_that_is_not_there(entry, words):
    place = 'geometry.source_position=["0 m", "0 m", "9 m"]'
    wrong = f"geometry.source_position.{entry}=3 m"
    assert words in refusal("check", CARD, "--set", place, "--set", wrong)
