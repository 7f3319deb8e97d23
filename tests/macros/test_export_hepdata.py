"""`nugauge export --format hepdata`: read by HEPData's validator, and compared with what commands say."""

import importlib
import json
import subprocess
import sys
import tarfile

import pytest
from support.invocation import CARD, answer, invoke, refusal

from macros import load_card

HEPDATA = importlib.util.find_spec("hepdata_lib") is not None
NEEDS_HEPDATA = pytest.mark.skipif(not HEPDATA, reason="hepdata_lib comes with nugauge[hepdata]")

COUNTS = [402, 360, 365, 390, 370, 305]
COMMANDS = {
    "contour": ("--x", "gamma=-0.1:0.4:15", "--y", "background_flat=0.8:1.2:9"),
    "limit": ("--toys", 60, "--seed", 1),
    "coverage": ("--at", "0,0.1", "-n", 60, "--seed", 1),
    "sensitivity": ("--scan", "exposure.duration=10:100:3"),
}

pytestmark = [
    NEEDS_HEPDATA,
    pytest.mark.filterwarnings("ignore:jsonschema.RefResolver is deprecated:DeprecationWarning"),
    # the validator leaves the files open that it has read
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("hepdata")
    edges = load_card(CARD).experiment.detector.edges
    rows = zip(edges, edges[1:], COUNTS, strict=False)
    (path / "counts.csv").write_text("low,high,counts\n" + "".join(f"{a},{b},{n}\n" for a, b, n in rows))
    for command, arguments in COMMANDS.items():
        document = answer(command, CARD, *arguments)
        (path / f"{command}.json").write_text(json.dumps(document))
    added = [text for command in COMMANDS for text in ("--with", path / f"{command}.json")]
    answer("export", CARD, path / "counts.csv", *added, "--format", "hepdata", "-o", path / "submission")
    return path


def columns(directory, table):
    """Columns of a table by their names: numbers, ends of bins, or texts."""
    yaml = importlib.import_module("yaml")
    document = yaml.safe_load((directory / f"{table}.yaml").read_text())
    return {
        column["header"]["name"]: [
            (v["low"], v["high"]) if "low" in v else v["value"] for v in column["values"]
        ]
        for kind in ("independent_variables", "dependent_variables")
        for column in document[kind]
    }


def errors(directory, table, name):
    yaml = importlib.import_module("yaml")
    document = yaml.safe_load((directory / f"{table}.yaml").read_text())
    (column,) = [c for c in document["dependent_variables"] if c["header"]["name"] == name]
    return [value.get("errors") for value in column["values"]]


def is_valid(**where):
    module = importlib.import_module("hepdata_validator.full_submission_validator")
    return module.FullSubmissionValidator().validate(**where)


def test_the_validator_takes_it(folder):
    """Contract. Finds a submission that HEPData refuses."""
    assert is_valid(directory=str(folder / "submission"))


def test_tables_have_the_numbers_of_the_commands(folder):
    """Contract. Finds a table that is of other data, or whose columns are exchanged."""
    directory = folder / "submission"
    data = ("fit", CARD, folder / "counts.csv")
    fit, limit = answer(*data), answer("limit", *data[1:])
    expected = answer("expect", CARD)
    spectrum = columns(directory, "spectrum")
    assert spectrum["events"] == COUNTS
    low, high = zip(*spectrum["T_reco"], strict=True)
    assert [*low, high[-1]] == pytest.approx(expected["edges"])
    assert spectrum["expected events"] == pytest.approx(expected["expected"], rel=1e-9)
    assert spectrum["background flat"] == pytest.approx(expected["background"], rel=1e-9)
    estimates = columns(directory, "estimates")
    found = dict(zip(estimates["parameter"], estimates["estimate"], strict=True))
    gamma = fit["parameters"]["gamma"]
    assert found["gamma"] == pytest.approx(gamma["value"], rel=1e-9)
    (error,) = errors(directory, "estimates", "estimate")[0]
    ends = [found["gamma"] + error["asymerror"][side] for side in ("minus", "plus")]
    assert ends == pytest.approx([gamma["lower"], gamma["upper"]], rel=1e-7)
    assert columns(directory, "limit")["upper limit on gamma"] == pytest.approx([limit["upper"]], rel=1e-9)
    profile = columns(directory, "profile")
    rises = dict(zip(profile["gamma"], profile["-2 Delta ln L"], strict=True))
    nearest = min(rises, key=lambda g: abs(g - gamma["upper"]))
    assert rises[nearest] == pytest.approx(1.0, abs=0.01)


def test_results_of_other_commands_are_tables(folder):
    """Contract. Finds a document whose rows are in another order, or an error of another sign."""
    directory = folder / "submission"
    told = {command: json.loads((folder / f"{command}.json").read_text()) for command in COMMANDS}
    plane = columns(directory, "plane")
    contour = told["contour"]
    row, column = 3, 8
    k = row * len(contour["x"]) + column
    assert (plane["gamma"][k], plane["background_flat"][k]) == pytest.approx(
        (contour["x"][column], contour["y"][row])
    )
    assert plane["-2 Delta ln L"][k] == pytest.approx(contour["delta"][row][column], rel=1e-9)
    lines = columns(directory, "contour_at_0.95")
    (first,) = [c["lines"] for c in contour["contours"] if c["level"] == 0.95]
    assert [lines["gamma"][0], lines["background_flat"][0]] == pytest.approx(first[0][0], rel=1e-9)
    coverage = columns(directory, "coverage")
    methods = [point["methods"]["minos"] for point in told["coverage"]["points"]]
    assert coverage["coverage of minos"] == pytest.approx([m["fraction"] for m in methods], rel=1e-9)
    bars = [e[0]["asymerror"] for e in errors(directory, "coverage", "coverage of minos")]
    assert [m["fraction"] + b["plus"] for m, b in zip(methods, bars, strict=True)] == pytest.approx(
        [m["high"] for m in methods], rel=1e-7
    )
    band = columns(directory, "expected_limit")
    assert dict(
        zip(band["standard deviations"], band["expected upper limit on gamma"], strict=True)
    ) == pytest.approx({float(s): v for s, v in told["limit"]["band"].items()}, rel=1e-9)
    scan = columns(directory, "sensitivity")
    assert scan["exposure.duration"] == ["10 d", "55 d", "100 d"]
    assert scan["expected upper limit on gamma"] == pytest.approx(told["sensitivity"]["limit"], rel=1e-9)


def test_provenance_is_in_the_text_and_the_card_beside(folder):
    """Contract. Finds a submission of which nobody knows with what it was made."""
    head = (folder / "submission" / "submission.yaml").read_text()
    for part in ("nugauge.export", "sha256", CARD, "measured data", "counts.csv"):
        assert part in " ".join(head.split())
    assert answer("expect", folder / "submission" / "card.toml")["expected"] == pytest.approx(
        answer("expect", CARD)["expected"]
    )


def test_an_archive_is_whole_and_the_same_again(tmp_path):
    """Contract. Finds an archive that is not valid, or that --force does not know."""
    path = tmp_path / "submission.tar.gz"
    arguments = ("export", CARD, "--format", "hepdata", "-o", path)
    told = answer(*arguments)
    assert told["tables"] == ["Spectrum", "Estimates", "Profile", "Limit"]
    assert is_valid(archive=str(path))
    before = path.read_bytes()
    assert "exists; --force replaces it" in refusal(*arguments)
    answer(*arguments, "--force")
    with tarfile.open(path) as archive:
        names = archive.getnames()
    assert names[0] == "submission.yaml"
    assert len(before) == path.stat().st_size
    assert [p.name for p in tmp_path.iterdir()] == ["submission.tar.gz"]


def test_a_directory_is_replaced_only_if_it_is_ours(tmp_path, folder):
    """Contract. Finds a directory of another that is lost, or tables of a former run that stay."""
    path = tmp_path / "sub"
    arguments = ("export", CARD, "--format", "hepdata", "-o", path)
    answer(*arguments, "--with", folder / "coverage.json")
    assert (path / "coverage.yaml").exists()
    assert "holds a former run; --force replaces it" in refusal(*arguments)
    answer(*arguments, "--force")
    assert not (path / "coverage.yaml").exists()
    (path / "notes.txt").write_text("mine")
    assert "which no run made" in refusal(*arguments, "--force")
    assert (path / "notes.txt").read_text() == "mine"


def test_two_experiments_and_other_results(tmp_path, folder):
    """Contract. Finds a spectrum of one of two experiments, or a document that replaces another."""
    path = tmp_path / "two"
    coverage = folder / "coverage.json"
    added = ("--with", coverage, "--with", coverage)
    told = answer("export", "borexino-hellaz-cr51", *added, "--format", "hepdata", "-o", path)
    assert told["tables"][:2] == ["Spectrum HELLAZ", "Spectrum BOREXINO"]
    assert told["tables"][-2:] == ["Coverage", "Coverage 2"]
    assert is_valid(directory=str(path))
    weighted = tmp_path / "three"
    told = answer("export", "borexino-cr51-sterile", "--format", "hepdata", "-o", weighted)
    assert {"L_reco", "T_reco"} <= set(columns(weighted, "spectrum"))


def test_what_is_refused_leaves_nothing_behind(tmp_path, folder):
    """Contract. Finds a wrong file or option that is not told, or a part of a submission that is left."""
    other = tmp_path / "fit.json"
    other.write_text(json.dumps({"poi": "gamma"}))
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    before = sorted(tmp_path.iterdir())

    def message(*arguments, format="hepdata", name="sub"):
        return refusal("export", CARD, *arguments, "--format", format, "-o", tmp_path / name)

    assert "is no result of contour, coverage, limit or sensitivity" in message("--with", other)
    assert "broken.json" in message("--with", broken, name="a.tar.gz")
    assert "none.json" in message("--with", tmp_path / "none.json")
    assert "--at is for pyhf and response" in message("--at", "0")
    assert "--with is for hepdata" in message("--with", folder / "limit.json", format="pyhf", name="a.json")
    assert sorted(tmp_path.iterdir()) == before


def test_the_text_names_the_tables(tmp_path):
    done = invoke("export", CARD, "--format", "hepdata", "-o", tmp_path / "sub")
    assert done.exit_code == 0, done.stderr
    assert "submission of 4 tables: Spectrum, Estimates, Profile, Limit" in done.stdout


def test_a_process_writes_one_document_and_loads_no_root(tmp_path):
    """Contract. Finds what hepdata_lib prints when it is imported, beside our JSON."""
    code = (
        "import sys\nfrom macros.cli import app\n"
        "app(sys.argv[1:], standalone_mode=False)\nassert 'ROOT' not in sys.modules"
    )
    arguments = ["export", CARD, "--format", "hepdata", "-o", str(tmp_path / "sub"), "--json"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, timeout=300
    )
    assert json.loads(done.stdout)["format"] == "hepdata"


def test_without_the_library_a_message_says_so(tmp_path, monkeypatch):
    """Contract. Finds a traceback, or a directory, where hepdata_lib is not installed."""
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "hepdata_lib" else found(name, *a)
    )
    told = refusal("export", CARD, "--format", "hepdata", "-o", tmp_path / "sub")
    assert "pip install 'nugauge[hepdata]'" in told
    assert list(tmp_path.iterdir()) == []
