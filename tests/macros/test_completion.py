"""Tab in bash, zsh and fish, with the command as pip installs it, and what it offers."""

import re
import resource
import subprocess

import pytest
from support.examples import few
from support.invocation import invoke
from support.shells import command, environment, needs, opened, run

from macros.cli import app
from macros.reference import COMPLETIONS, card_keys
from macros.terminal.options.completion import words_of_bash

SHELLS = ("bash", "zsh", "fish")
CASES = [
    ("nugauge sensi", "sensitivity"),
    ("nugauge campaign scr", "script"),
    ("nugauge toys x --toys", "--toys-at"),
    ("nugauge toys x --toys-at e", "events"),
    ("nugauge check lama-pm147-p", "lama-pm147-paper"),
    ("nugauge check my-c", "my-card.toml"),
    ("nugauge check cards/o", "cards/other.toml"),
    ("nugauge check lama-pm147-paper --set model.name=S", "SM"),
    ("nugauge check lama-pm147-paper --set source.isotope=Cr", "Cr51"),
    ("nugauge check my-card.toml --set background.old.unc", "background.old.uncertainty="),
    ("nugauge limit my-card.toml --poi vector_m", "vector_mass"),
    ("nugauge check borexino-hellaz-cr51 --of H", "HELLAZ"),
    ("nugauge list geo", "geometries"),
    ("nugauge figure mix", "mixing"),
    ("nugauge figure 1 --format pn", "png"),
    ("nugauge campaign new d cov", "coverage"),
    ("nugauge contour my-card.toml --x millich", "millicharge="),
    ("nugauge init hellaz-cr51-p", "hellaz-cr51-paper"),
    ("nugauge fit my-card.toml dat", "data.csv"),
]
TYPED = [CASES[i] for i in (0, 3, 4, 7, 18)]
"""A command, the value of an option, a preset, a word with `=`, and a file, which the shell itself finds."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a directory with a card, and a file of data."""
    path = tmp_path_factory.mktemp("place")
    (path / "cards").mkdir()
    (path / "my-card.toml").write_text('[background.old]\nshape = "flat"\n')
    (path / "cards" / "other.toml").write_text("")
    (path / "cards" / "notes.txt").write_text("")
    (path / "data.csv").write_text("")
    return path


@pytest.fixture(scope="module", params=few(SHELLS, "bash"))
def installed(request, tmp_path_factory):
    """Return a shell, and a home in which its completion was installed from within it, twice."""
    shell = request.param
    needs(shell)
    home = tmp_path_factory.mktemp(f"home-{shell}")
    for _ in range(2):
        assert f"{shell} completion installed in {home}" in run(shell, "nugauge --install-completion", home)
    return shell, home


def offered(shell, home, place, line):
    """Return what a shell offers or writes after a line and Tab, once or twice."""
    if shell == "fish":
        said = run(shell, f'complete -C "{line}"', home, cwd=place)
        return {row.partition("\t")[0] for row in said.splitlines()}
    raise AssertionError(shell)


def test_tab(installed, place):
    """Contract. Commands, values of options, presets, files and words with `=`, in a real terminal."""
    shell, home = installed
    if shell == "fish":
        for line, word in TYPED:
            last = line.rpartition(" ")[2]
            found = offered(shell, home, place, line)
            assert {word, f"{last.rpartition('=')[0]}={word}"} & found, (line, found)
        return
    with opened(shell, home, place) as terminal:
        for line, word in TYPED:
            begun = line.rpartition(" ")[2].rpartition("=")[2]
            assert word.startswith(begun)
            terminal.type(f"{line}\t", until=f"{begun}.*{word.removeprefix(begun)}")
            terminal.type("\x15echo cle''ar\n", until=r"\nclear")


def test_it_is_installed_once(installed):
    """Contract. Finds a file of the user's that grows with every installation."""
    shell, home = installed
    start = {"bash": ".bashrc", "zsh": ".zshrc"}.get(shell)
    if start is not None:
        lines = [line for line in (home / start).read_text().split("\n") if line]
        assert len(lines) == len(set(lines)) <= 2
    if shell == "zsh":
        assert (home / ".zfunc" / "_nugauge").read_text().count("funcstack") == 1


@pytest.mark.parametrize("shell", SHELLS)
def test_show_completion(shell, tmp_path):
    """Contract. The script of the shell that it is called from."""
    needs(shell)
    said = run(shell, "nugauge --show-completion", tmp_path)
    assert f"_NUGAUGE_COMPLETE=complete_{shell}" in said


def question(line):
    """Return the environment with which bash asks after a line and Tab; it splits words at `=`."""
    words = re.findall(r"=|[^\s=]+|(?<=\s)$", line)
    return {
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
        "_NUGAUGE_COMPLETE": "complete_bash",
    }


def asked(line):
    """Ask as bash does, inside this process."""
    return invoke(env=question(line))


@pytest.mark.parametrize(("line", "word"), CASES[:-1])
def test_what_is_offered(place, monkeypatch, line, word):
    """Contract. Commands, options, their values, presets and cards."""
    monkeypatch.chdir(place)
    assert word in asked(line).stdout.splitlines()


@pytest.mark.parametrize(
    "line",
    [
        "nugauge nosuch ",
        "nugauge toys x --nosuch y --lev",
        "nugauge toys --seed -1 -n x --lev",
        "nugauge check no-such-card --of ",
        "nugauge check /root/../etc/passwd --set background.",
        "nugauge check /no/such/directory/",
        "nugauge toys a b c d --level = ",
    ],
)
def test_what_is_wrong_is_passed_over(line):
    """Contract. Finds a message or a traceback in the middle of what somebody types."""
    said = asked(line)
    assert (said.exit_code, said.stderr) == (0, "")
    assert "Error" not in said.stdout
    assert ("--level" in said.stdout.split()) == line.endswith("--lev")


def used():
    """Return the time that processes of the tests have had [s]."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def time_of(line):
    """Ask in a process as bash does; return the time of a processor that it takes [s]."""
    start = used()
    asking = {**environment("/nowhere"), **question(line)}
    said = subprocess.run([command()], env=asking, capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout
    assert said.stderr == ""
    return used() - start


def test_a_tab_is_fast():
    """Contract. Half a second of a processor, at one of five times at least."""
    needs("bash")
    for line in (
        "nugauge ",
        "nugauge check bor",
        "nugauge check lama-pm147-paper --set model.",
        "nugauge toys x --",
    ):
        assert any(time_of(line) < 0.5 for _ in range(5)), line


@pytest.mark.parametrize(
    ("words", "current", "expected"),
    [
        (["n", "li"], 1, (["n", "li"], 1, "")),
        (["n", "a", ""], 2, (["n", "a", ""], 2, "")),
        (["n", "--x", "=", "v"], 3, (["n", "--x=v"], 1, "--x=")),
        (["n", "--x", "="], 2, (["n", "--x="], 1, "--x=")),
        (["n", "--set", "a", "=", "b", "c"], 5, (["n", "--set", "a=b", "c"], 3, "")),
        (["n", "--set", "a", "=", "b"], 5, (["n", "--set", "a=b"], 3, "")),
    ],
)
def test_words_of_bash(words, current, expected):
    assert words_of_bash(words, current) == expected


@pytest.mark.parametrize("step", few([3, 1], 3))
def test_keys_that_can_be_set_are_those_of_the_card(step):
    """Contract. Each key that Tab offers for a preset is one that the card takes, or refuses by its value."""
    offered_keys = [k for k, _ in COMPLETIONS["override"]({"card": "borexino-cr51-realistic"}, "")]
    assert len(offered_keys) > 80
    paths = {key.path for key in card_keys()}
    for key in ("model.name", "fit.limit_level", "detector.bins.low", "systematics.activity"):
        assert f"{key}=" in offered_keys
        assert key in paths
    for text in offered_keys[::step]:
        said = invoke("check", "borexino-cr51-realistic", "--set", f"{text}nonsense")
        assert re.search("unknown key(?!: it does not go)", said.stderr) is None, text


def test_every_command_has_its_completion():
    """Contract. Finds a card, an override, a parameter or an experiment that Tab does not know."""
    import typer.main

    def commands(group):
        for command_ in group.commands.values():
            yield from commands(command_) if hasattr(command_, "commands") else [command_]

    for one in commands(typer.main.get_command(app)):
        for parameter in one.params:
            if parameter.name in {
                "card",
                "card_a",
                "card_b",
                "override",
                "set_a",
                "set_b",
                "poi",
                "of",
                "x",
                "y",
            }:
                assert parameter._custom_shell_complete is not None, (one.name, parameter.name)
