"""Wrong cards, options and files, drawn with a fixed seed: every message is for a person."""

import copy
import json
import os
import random
import re
import tomllib
import typing

import pytest
import typer.main
from support.examples import every, few
from support.invocation import CARD, answer, invoke
from support.wrong_values import ARGUMENTS, NEEDED, VALUES

from detsim.event_files.reader import TableFile
from macros.card import load_card
from macros.card.presets import preset_text
from macros.cli import app

PROGRAMMERS = re.compile(
    r"Traceback|internal error|\b[A-Z]\w*(Error|Exception|Warning)\b|NoneType|codec|null (byte|char)|"
    r"lam value|division by zero|math (range|domain)|Errno|int\(\)|float\(\)|numpy|not supported|"
    r"has no attribute|unhashable|subscript|recursion|too large to convert|sys\.|positional argument"
)
"""Words that say nothing to somebody who does not read the source."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with good files, and with others."""
    path = tmp_path_factory.mktemp("inputs")
    answer("simulate", CARD, "-o", path / "good.root", "--seed", 1, "--events", 500)
    answer("generate", CARD, "-o", path / "true.root", "--seed", 1, "--events", 500)
    answer("toys", CARD, "-o", path / "toys.root", "--seed", 1, "-n", 5)
    for name in ("folder.root", "folder.pdf", "folder.csv", "folder.json"):
        (path / name).mkdir()
    os.mkfifo(path / "pipe.csv")
    (path / "loop.root").symlink_to("loop.root")
    (path / "loop.toml").symlink_to("loop.toml")
    (path / "text.csv").write_text("hello\n")
    (path / "text.json").write_text("hello\n")
    return path


def check(result, *named):
    """Check that a command worked, or was refused with one message that names what was wrong."""
    assert result.exit_code in {0, 2}, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    found = PROGRAMMERS.search(result.stderr)
    assert not found, (found, result.stderr[:1000])
    if result.exit_code == 2:
        assert result.stderr.lower().count("error: ") == 1, result.stderr[:1000]
        assert any(name in result.stderr for name in named), (named, result.stderr[:1000])


def keys(table, above=""):
    """List the paths of all keys of a card, and of its tables."""
    for key, value in table.items():
        yield f"{above}{key}"
        if isinstance(value, dict):
            yield from keys(value, f"{above}{key}.")


@pytest.mark.parametrize("n", few([12, 50], 12))
@pytest.mark.parametrize("preset", [CARD, "borexino-cr51-sterile", "lama-pm147-realistic"])
def test_wrong_values_of_keys(preset, n):
    """Contract: a value that a key cannot have is refused with the key, or the card works."""
    stream = random.Random(7)
    paths = list(keys(tomllib.loads(preset_text(preset))))
    for _ in range(n):
        path, value = stream.choice(paths), stream.choice(VALUES)
        result = invoke("expect", preset, "--set", f"{path}={value}", "--json")
        check(result, path, path.rpartition(".")[0] or path, path.rpartition(".")[2], "counts are expected")


DEEP = 3000
CARDS = {
    "lists": "x = " + "[" * DEEP + "]" * DEEP,
    "inline tables": "x = " + "{a=" * DEEP + "1" + "}" * DEEP,
    "dotted key": ".".join("a" * DEEP) + " = 1",
    "table": f"[{'.'.join('a' * 900)}]\nx = 1",
    "digits": "x = 1" + "0" * 5000,
    "hexadecimal": "[model]\ngamma = 0x" + "f" * 5000,
    "control character": 'a = "\0"',
    "empty": "",
    "twice": "[model]\n[model]\n",
    "no tables": "model = 1\nsource = 2\ndetector = 3\nexposure = 4\nbackground = 5",
    "list of tables": '[[model]]\nname = "SM"',
    "date": "[exposure]\nduration = 1979-05-27T07:32:00Z",
    "experiment": "experiment = 3",
    "encoding": "# é".encode("latin-1"),
    "binary": bytes(range(256)),
    "UTF-16": "[model]".encode("utf-16"),
}


@pytest.mark.parametrize("name", every(3, CARDS))
def test_wrong_cards(tmp_path, name):
    """Contract: with any content of a card, the message of each command names the card."""
    content = CARDS[name]
    card = tmp_path / "card.toml"
    card.write_bytes(content if isinstance(content, bytes) else content.encode())
    for command in (["check"], ["expect"], ["simulate", "-o", tmp_path / "x.root"], ["fit", "x.csv"]):
        result = invoke(command[0], card, *command[1:])
        assert result.exit_code == 2
        check(result, "card.toml")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "is not the name of a file"),
        ("a\0b", "is not the name of a file"),
        (".", "Is a directory"),
        ("/dev/zero", "it is a device"),
        ("loop.toml", "symbolic links"),
        ("n" * 300, "File name too long"),
        ("good.root/x", "no such file"),
        ("large.toml", "too large"),
        ("pipe.toml", "is missing"),
    ],
)
def test_names_of_cards(folder, monkeypatch, name, words):
    """Contract: the message on what is no file comes at once, without reading it."""
    monkeypatch.chdir(folder)
    if name == "large.toml":
        (folder / name).touch()
        os.truncate(folder / name, 10**9)
    if name == "pipe.toml" and not (folder / name).exists():
        os.mkfifo(folder / name)
    result = invoke("check", name)
    assert result.exit_code == 2
    check(result, words)


def test_a_card_from_a_pipe():
    """Contract: `nugauge check <(...)` works."""
    reader, writer = os.pipe()
    os.write(writer, preset_text("borexino-cr51-paper").encode())
    os.close(writer)
    try:
        assert load_card(f"/dev/fd/{reader}").experiment.detector.name == "BOREXINO"
    finally:
        os.close(reader)


COMMANDS: dict[str, typing.Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def wrong_arguments(command, stream, n):
    """Draw command lines, each with one argument or option that is wrong or unusual."""
    parameters = [
        p for p in COMMANDS[command].params if not getattr(p, "is_flag", False) and p.name != "help"
    ]
    positional = [p for p in parameters if p.param_type_name == "argument"]
    needed = NEEDED[command]
    n_given = next((i for i, word in enumerate(needed) if word.startswith("-")), len(needed))
    for _ in range(n):
        parameter, value = stream.choice(parameters), stream.choice(ARGUMENTS)
        given, options = needed[:n_given], needed[n_given:]
        if parameter in positional:
            given[positional.index(parameter) : positional.index(parameter) + 1] = [value]
        elif any(word in parameter.opts for word in options):
            options[next(i for i, word in enumerate(options) if word in parameter.opts) + 1] = value
        else:
            options += [parameter.opts[-1], value]
        line = [*options, "--", *given]
        yield parameter, value, line


@pytest.mark.parametrize("n", few([3, 10], 3))
@pytest.mark.parametrize("command", NEEDED)
def test_wrong_arguments(folder, monkeypatch, command, n):
    """Contract: a wrong argument is refused with its name or its value, or the command works."""
    monkeypatch.chdir(folder)
    stream = random.Random(command)
    for parameter, value, line in wrong_arguments(command, stream, n):
        for path in folder.glob("out*"):
            path.unlink()
        result = invoke(command, *line)
        shown = value.encode("unicode_escape").decode()[:40] if not value.isprintable() else value[:40]
        named = [*parameter.opts, str(parameter.metavar), str(parameter.name), shown or "''", "out"]
        named += [value.partition("=")[0]] if "=" in value else []
        named += [] if value else [".: "]  # as a path, an empty argument is the working directory
        check(result, *named)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["x", "-o", "out.pdf"], "there is no figure 'x'"),
        (["1"], "--output"),
    ],
)
def test_wrong_figures(folder, monkeypatch, line, words):
    """Contract: a figure that cannot be made or written is refused before it is computed."""
    monkeypatch.chdir(folder)
    result = invoke("figure", *line)
    assert result.exit_code == 2
    check(result, words)


def spoilt_files(path, stream, n):
    """Yield the bytes of a file with some of them changed."""
    whole = path.read_bytes()
    for _ in range(n):
        content = bytearray(whole)
        for _ in range(stream.choice([1, 1, 5, 50])):
            content[stream.randrange(len(content))] = stream.randrange(256)
        yield bytes(content)


@pytest.mark.parametrize("n", few([3, 15], 3))
@pytest.mark.parametrize("name", ["good.root", "toys.root"])
def test_damaged_files(folder, tmp_path, name, n):
    """Contract: the message on a damaged file says that it is damaged, not where the reader failed."""
    stream = random.Random(5)
    path = tmp_path / "spoilt.root"
    for content in spoilt_files(folder / name, stream, n):
        path.write_bytes(content)
        check(invoke("inspect", path), "spoilt.root")
        other = tmp_path / "merged.root"
        command = ("fit", CARD, path) if name == "good.root" else ("merge", other, path, "--force")
        check(invoke(*command), "spoilt.root")


def test_wrong_json(tmp_path):
    """Contract: `inspect` says that a JSON file is no histogram."""
    good = {
        "uhi_schema": 1,
        "axes": [{"type": "regular", "lower": 0, "upper": 1, "bins": 2, "metadata": {"label": "x"}}],
        "storage": {"type": "double", "values": [1, 2]},
    }
    wrong = [None, 1, "x", [], {}, [None], {"type": None}]
    for key in ("axes", "storage"):
        for value in wrong:
            path = tmp_path / "h.json"
            path.write_text(json.dumps({**copy.deepcopy(good), key: value}))
            check(invoke("inspect", path), "h.json")
            check(invoke("fit", CARD, path), "h.json")
    path.write_text("[" * 10**5 + "]" * 10**5)
    check(invoke("inspect", path), "h.json")


@pytest.mark.parametrize(
    "shortage", [MemoryError(), RuntimeError("can't start new thread"), OSError(24, "Too many open files")]
)
def test_a_shortage_is_no_damage(folder, monkeypatch, shortage):
    """Contract. Finds a good file that is called damaged because the machine had no memory for it."""

    def fail(*_, **__):
        raise shortage

    monkeypatch.setattr("detsim.event_files.reader.uproot.open", fail)
    result = invoke("inspect", folder / "good.root")
    check(result, "good.root")
    assert "not enough memory" in result.stderr
    assert "damaged" not in result.stderr


def test_columns_of_another_length(folder, tmp_path, monkeypatch):
    """Contract. Finds a message without the file's name, on a damaged basket that shortens one column."""
    read = TableFile.read_column

    def shorter(table, name, start, stop):
        return read(table, name, start, stop)[:-1] if name == "gamma" else read(table, name, start, stop)

    monkeypatch.setattr(TableFile, "read_column", shorter)
    result = invoke("merge", tmp_path / "out.root", folder / "toys.root")
    assert result.exit_code == 2
    check(result, "toys.root: has 4 values of gamma in 5 rows")
