"""Output on a terminal: characters of its encoding, no control characters; streams that fail."""

import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from support.examples import every, few
from support.invocation import CARD, invoke

from detsim.event_files.event_writer import EventFile
from macros.terminal.characters import encodable, printable, readable_ascii
from macros.terminal.streams import StandardOutputError, standard_streams

ROOT = Path(__file__).parents[2]
HOSTILE = "A\x1b[31m\x9b1m\u202egnp\x1b]8;;http://x\x07L[red]b[/red]\n\\frac$<b>{{7*7}}\u2028\u200b\ufeff"
"""Colours, a link, a change of the writing direction, markup of rich, matplotlib, HTML and jinja2."""
ENVIRONMENTS = {
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "ascii": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


def run(command, environment=(), **options):
    """Run a line of the shell; return its status, and both outputs as bytes."""
    known = {k: v for k, v in os.environ.items() if k != "NUGAUGE_DEBUG"}
    line = command.replace("nugauge", f"{sys.executable} -m macros.cli")
    finished = subprocess.run(
        ["bash", "-c", line],
        env={**known, "PYTHONPATH": str(ROOT), **dict(environment)},
        capture_output=True,
        check=False,
        **options,
    )
    return finished.returncode, finished.stdout, finished.stderr


def steering(text):
    """List the characters that a terminal would obey or hide; the end of a line is none."""
    return [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs"} and c != "\n"]


@pytest.mark.parametrize(
    ("text", "ascii_text"),
    [
        ("γ", "gamma"),
        ("±", "+-"),
        ("×", "x"),
        ("cm²", "cm^2"),
        ("ν_e", "nu_e"),
        ("ν̄", "nubar"),
        ("10⁻⁴⁵", "10^-45"),
        ("¹⁴⁴Pr", "^144Pr"),
        ("Δχ²", "Deltachi^2"),
        ("─│┌┼", "-|++"),
        ("naïve Čerenkov", "naive Cerenkov"),
        ("½ − …", "1/2 - ..."),
        ("𝛾ς", "gammasigma"),
        ("a\u202fb", "a b"),
        ("中", "\\u4e2d"),
    ],
)
def test_readable_ascii(text, ascii_text):
    """Closed form: symbols are replaced by their usual ASCII forms."""
    assert readable_ascii(text) == ascii_text


def test_every_character_of_the_packages_is_readable():
    """Contract. Finds a new symbol in a message for which there is no ASCII."""
    files = [p for package in ("simgen", "detsim", "analysis", "macros") for p in (ROOT / package).rglob("*")]
    used = {
        c
        for p in files
        if p.suffix in {".py", ".toml"} and p.name != "characters.py"
        for c in p.read_text(encoding="utf-8")
    }
    assert len(used) > 128
    assert not {c: readable_ascii(c) for c in used if "\\" in readable_ascii(c) and c != "\\"}


def test_what_an_encoding_has_is_left():
    """Contract: latin-1 keeps its own superscript; UTF-8 keeps all."""
    assert encodable("γ ± 1 cm²", "latin-1") == "gamma ± 1 cm²"
    assert encodable("γ ± 1 cm²", "utf-8") == "γ ± 1 cm²"
    assert encodable("γ – 1 µm", "cp1252") == "gamma – 1 µm"
    assert encodable("γ", "no-such-encoding") == "gamma"


def test_printable_is_what_is_seen():
    """Contract: control characters are removed, and readable characters stay."""
    assert not steering(printable(HOSTILE).replace("\n", "\x00"))
    assert printable("χ² = 3\u202f%") == "χ² = 3\u202f%"


@pytest.mark.long  # test_table_stays_aligned has one command
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_encodings(tmp_path, name):
    """Contract: commands work with each encoding, JSON is valid, files are UTF-8 and whole."""
    encoding, environment = name, ENVIRONMENTS[name]
    file, card = tmp_path / "x.root", tmp_path / "card.toml"
    status, out, err = run(f"nugauge simulate {CARD} --events 3000 --seed 1 -o {file}", environment)
    assert (status, err.count(b"error")) == (0, 0)
    assert "chi" in out.decode(encoding)
    with EventFile(file) as events:
        assert events.runinfo.n_generated == 3000
        assert all(events.check_hashes().values())
    status, out, _ = run(f"nugauge check {CARD} --json", environment)
    assert status == 0
    assert json.loads(out.decode("ascii"))["valid"] is True
    status, out, _ = run(f"nugauge init > {card}", environment)
    assert status == 0
    assert card.read_text(encoding="ascii").startswith("#")
    assert invoke("check", card).exit_code == 0
    status, out, err = run("nugauge check --of γ no-such-card-γ", environment)
    assert (status, out) == (2, b"")
    assert "Traceback" not in err.decode(encoding)
    status, out, _ = run("nugauge list", environment)
    assert status == 0
    assert "sigma" in out.decode(encoding)
    assert "\\u" not in out.decode(encoding)


def test_table_stays_aligned():
    """Contract. Finds columns whose width is counted before the characters are replaced."""
    status, out, err = run("nugauge list responses", ENVIRONMENTS["ascii"])
    assert (status, err) == (0, b"")
    lines = out.decode("ascii").splitlines()
    start = lines[0].index("value")
    assert all(line[start - 1] == " " and line[start - 2] == " " for line in lines)


LOST = "the result is not shown whole; files that were finished are kept\n"
FULL = f"error: standard output cannot be written (No space left on device): {LOST}"
CLOSED = f"error: standard output is closed: {LOST}"


@pytest.mark.parametrize(
    ("command", "status", "message"),
    every(
        6,
        [
            ("nugauge --help >/dev/full", 1, FULL),
            pytest.param("nugauge check --help >/dev/full", 1, FULL, marks=pytest.mark.long),
            ("nugauge --version >&-", 1, CLOSED),
            pytest.param(f"nugauge check {CARD} --json >/dev/full", 1, FULL, marks=pytest.mark.long),
            pytest.param(f"nugauge check {CARD} >&-", 1, CLOSED, marks=pytest.mark.long),
            ("nugauge init >/dev/full", 1, FULL),
            ("nugauge check no-such-card 2>/dev/full", 2, ""),
            pytest.param("nugauge check no-such-card 2>&-", 2, "", marks=pytest.mark.long),
            ("nugauge chek 2>&-", 2, ""),
            pytest.param(f"nugauge check {CARD} >/dev/null 2>&-", 0, "", marks=pytest.mark.long),
            ("nugauge list >/dev/null <&-", 0, ""),
            ("nugauge list | true; exit ${PIPESTATUS[0]}", 141, ""),
            ("nugauge --help | true; exit ${PIPESTATUS[0]}", 141, ""),
        ],
        unpack=True,
    ),
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_streams_that_take_nothing(command, status, message):
    """Contract: one message where there is somewhere to write it, and a status that says it."""
    found, _, err = run(command)
    assert (found, err.decode()) == (status, message)


@pytest.mark.long
@pytest.mark.parametrize(
    "streams", few([">/dev/full", ">&- 2>&- <&-", "2>&-", "2>/dev/full", "2>&1 | true"], ">/dev/full")
)
def test_files_are_kept(tmp_path, streams):
    """Contract. Finds a finished file taken back, or called lost, because its summary was not shown."""
    file = tmp_path / "x.root"
    _, out, err = run(f"nugauge simulate {CARD} --events 1e4 --seed 1 -o {file} {streams}")
    assert b"left" not in (out + err).replace(b"space left on device", b"")
    assert [p.name for p in tmp_path.iterdir()] == ["x.root"]
    with EventFile(file) as events:
        assert events.runinfo.n_generated == 10_000
        assert all(events.check_hashes().values())


def test_standard_output_stays_broken(monkeypatch):
    """Contract: after a failure every further write fails, so that a caller who misses one sees the next."""

    class Full(io.StringIO):
        def write(self, text):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    monkeypatch.setattr(sys, "stderr", Full())
    with standard_streams():
        for _ in range(2):
            with pytest.raises(StandardOutputError, match="No space"):
                sys.stdout.write("x")
        assert sys.stderr.write("lost") == 4


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A card, and a folder for files, of which every name is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    card = folder / f"card{HOSTILE[:4]}.toml"
    name = "".join(f"\\U{ord(c):08x}" for c in HOSTILE)
    card.write_text(
        f"""
[source]
isotope = "Cr51"
data = "modern"
flux = "2.0e12 /cm2/s"
[detector]
name = "{name}"
electrons = 5e31
threshold = "250 keV"
bins = {{ low = "250 keV", high = "550 keV", width = "50 keV" }}
resolution = {{ at_1MeV = "57.7 keV" }}
efficiency = 1.0
binding = "free"
[exposure]
start = "0 d"
duration = "0.1 d"
[background]
[model]
name = "E6"
beta = "chi"
"""
    )
    table = f'[background."{name}"]\nshape = "flat"\nrate = "60 /d"\nlow = "200 keV"\nhigh = "1 MeV"\n'
    card.with_name("background.toml").write_text(card.read_text().replace("[background]\n", table))
    return card


@pytest.mark.long
def test_hostile_names(hostile):
    """Contract: names of cards and files are escaped on the terminal, in reports and in tables."""
    name = HOSTILE.replace("/", "_")
    file = hostile.with_name(f"{name}.root")
    commands = [
        ("check", hostile),
        ("check", hostile, "--json"),
        ("expect", hostile),
        ("simulate", hostile, "-o", file, "--seed", 1, "--events", 2000),
        ("inspect", file),
        ("inspect", file, "--json"),
        ("fit", hostile, file),
        ("fit", hostile, file, "--json"),
        ("limit", hostile, file, "--toys", 0),
        ("run", hostile, "--seed", 1, "-o", hostile.parent / "run"),
        ("fit", CARD, file),
        ("check", hostile.with_name("background.toml")),
        ("check", file),
        ("check", f"no{name}"),
        ("check", hostile, "--set", f"model.{name}=1"),
        ("check", hostile, f"--{name}"),
        ("check", hostile, "--of", name),
        ("limit", hostile, "--method", name),
        ("fit", hostile, f"{file}:{name}"),
        (name,),
        ("list", name),
        ("simulate", hostile, "-o", file.parent / name / "x.root"),
    ]
    for command in commands:
        result = invoke(*command)
        assert result.exit_code == (2 if command in commands[10:] else 0), result.output
        found = steering(result.stdout + result.stderr)
        assert not found, (command, found)
        assert not re.search(r"(?m)^(\\frac|.?<b>)", result.output), command  # a line of the name's own
    for path in (hostile.parent / "run").glob("*.[hjtc][tso][mlv]*"):
        assert not steering(path.read_text(encoding="utf-8")), path
    report = (hostile.parent / "run" / "report.html").read_text(encoding="utf-8")
    assert "<b>{{" not in report
    assert "&lt;b&gt;{{7*7}}" in report


@pytest.mark.parametrize("n_commands", few([2, 3], 2))
def test_undecodable_names(tmp_path, n_commands):
    """Contract: a card whose name is not UTF-8 works; its bytes are shown as escapes."""
    card = tmp_path / os.fsdecode(b"caf\xe9.toml")
    invoke("init", "-o", card)
    commands = (["check"], ["expect", "--json"], ["run", "--seed", 1, "-o", tmp_path / "run"])
    for command in commands[:n_commands]:
        result = invoke(command[0], card, *command[1:])
        assert result.exit_code == 0, result.output
    if n_commands == 2:
        return
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "caf\\udce9" in report
