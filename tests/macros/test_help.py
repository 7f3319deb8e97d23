"""Help of every command, at 80 and 120 columns: nothing is cut."""

import inspect
import re
import subprocess
import sys

import pytest
import typer.main
from typer.testing import CliRunner

from macros.cli import app


def commands(group, *names):
    yield names, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, *names, name)


EVERY = list(commands(typer.main.get_command(app)))


def joined(text):
    """Take out what the width of a line changes: blanks, and what follows a hyphen at its end."""
    return " ".join(text.split()).replace("- ", "-")


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize(
    ("names", "command"), EVERY, ids=[" ".join(names) or "nugauge" for names, _ in EVERY]
)
def test_nothing_is_cut(names, command, columns):
    """Contract. Finds a sentence that ends in dots, an option whose name is cut, a line that is too long."""
    result = CliRunner().invoke(
        app, [*names, "--help"], env={"COLUMNS": str(columns), "TERMINAL_WIDTH": str(columns)}
    )
    assert result.exit_code == 0
    text = joined(result.stdout)
    assert "…" not in re.sub(r"-2 … \+2", "", text)
    assert re.search(r"[a-z]\.\.\.(?!\])", text.replace("toys, ...", "").replace("ARGS]...", "")) is None
    assert joined((command.help or "").split("\f")[0]) in text
    wide = [line for line in result.stdout.splitlines() if len(line) > columns]
    assert not [line for line in wide if "|" not in line]  # choices are one word
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            assert not any(f" {name} " in text for name in parameter.opts)
            continue
        if parameter.param_type_name == "option":
            assert ", ".join(sorted(parameter.opts, key=len)) in text.replace(", -", ", -"), parameter.opts
        assert joined(parameter.help or "") in text, parameter.name
    for name, inner in getattr(command, "commands", {}).items():
        first = joined(inner.help or "").partition(". ")[0].rstrip(".")
        assert f"{name} {first}" in text, name


def test_every_command_is_one_line_of_the_list():
    """Contract. At 80 columns: a command and what it does, without a second line."""
    result = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    _, _, listed = result.stdout.partition("Commands:\n")
    lines = [line for line in listed.splitlines() if line.strip()]
    assert len(lines) == len(typer.main.get_command(app).commands)
    assert all(line.rstrip().endswith(".") for line in lines)


@pytest.mark.parametrize(
    ("names", "command"), EVERY[1:], ids=[" ".join(names) or "nugauge" for names, _ in EVERY[1:]]
)
def test_the_summary_is_the_first_line_of_the_docstring(names, command):
    """Contract. Finds a summary in the list of commands that its module does not have."""
    if hasattr(command, "commands"):
        return
    function = inspect.unwrap(command.callback)
    assert command.short_help == inspect.getdoc(function).partition("\n")[0]
    assert function.__module__.startswith("macros.")


@pytest.mark.parametrize("group", [[], ["campaign"]])
def test_a_group_alone_shows_its_help(group):
    """Regression: without arguments it was one line, with the characters of line breaks."""
    alone, asked = (CliRunner().invoke(app, arguments) for arguments in (group, [*group, "--help"]))
    assert alone.exit_code == 2
    assert alone.output.splitlines() == asked.output.splitlines()


def test_the_list_of_commands_imports_none(tmp_path):
    """Contract. Finds a command whose module is imported for the list, or with that of another, or NumPy."""
    code = """
import sys
from typer.testing import CliRunner
from macros.cli import app
for arguments in (["--help"], ["campaign", "--help"], ["nosuch"], ["counts", "--help"]):
    CliRunner().invoke(app, arguments)
    parts = [name.split(".") for name in sys.modules]
    modules = sorted(part[-1] for part in parts if part[0] == "macros" and part[-2:-1] == ["commands"])
    print(*modules, "numpy" in sys.modules)
"""
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.splitlines() == ["group False", "group False", "group False", "counts group False"]
