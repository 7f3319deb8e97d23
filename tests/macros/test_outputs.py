"""What commands may write over: never what they read, and only files of this program, with --force."""

import os
import shutil

import pytest
from support.blank_pictures import blank_pictures
from support.examples import every, few
from support.invocation import CARD, answer, invoke, refusal

from detsim.event_files.reader import TableFile
from detsim.event_files.writer import Branch, TableWriter
from detsim.files.locks import file_stamp

PLANE = ("--x", "eps_L=-0.1:0.1:3", "--y", "eps_R=-0.3:0.3:3")


EVENTS = ("--seed", 1, "--events", 50)


READ = "is the file that is read"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A directory with one file of each kind."""
    directory = tmp_path_factory.mktemp("made")
    answer("generate", CARD, "-o", directory / "true.root", *EVENTS)
    answer("simulate", CARD, "-o", directory / "events.root", *EVENTS)
    answer("calibrate", CARD, "-o", directory / "table.root", "-n", 20, "--at", "0,0.2", "--seed", 1)
    with blank_pictures():
        answer("toys", CARD, "-o", directory / "toys.root", "-n", 4, "--seed", 1, "--audit", 0,
               "--figure", directory / "pulls.png")  # fmt: skip
        answer("run", CARD, "-o", directory / "run", "--seed", 1)
    shutil.copy(directory / "run" / "spectrum.csv", directory / "data.csv")
    invoke("init", CARD, "-o", directory / "card.toml")
    return directory


@pytest.fixture
def made(folder, tmp_path):
    """A copy of it."""
    return shutil.copytree(folder, tmp_path / "made")


def contents(directory):
    return {path: path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


INPUTS = {
    "generate: card": ("generate", "card.toml", "-o", "card.toml"),
    "contour: data beside the picture": ("contour", CARD, "data.csv", *PLANE, "-o", "data.png"),
    "calibrate: data": ("calibrate", CARD, "events.root", "-n", 20, "--at", "0,0.2", "-o", "events.root"),
    "detect": ("detect", CARD, "true.root", "-o", "true.root"),
    "reweight": ("reweight", "events.root", "--to", CARD, "-o", "events.root"),
    "merge": ("merge", "events.root", "true.root", "events.root"),
    "toys: card": ("toys", "card.toml", "-n", 4, "-o", "card.toml"),
    "toys: data": ("toys", CARD, "--data", "events.root", "-o", "events.root"),
    "coverage: table": ("coverage", CARD, "--at", "0", "-n", 4, "--table", "table.root", "-o", "table.root"),
    "rerun": ("rerun", "toys.root", "-o", "toys.root"),
}


@pytest.mark.parametrize("command", every(3, INPUTS.values()), ids=INPUTS)
def test_no_command_writes_over_what_it_reads(made, monkeypatch, command):
    """Contract. Finds an input that is replaced, with --force or without."""
    monkeypatch.chdir(made)
    before = contents(made)
    for force in ((), ("--force",)):
        assert READ in refusal(*command, *force)
        assert contents(made) == before


@pytest.mark.parametrize("kind", ["symbolic link", "hard link", "unfinished", "linked unfinished"])
def test_other_names_of_what_is_read(made, kind):
    """Contract. Finds an input that is lost because it has another name, or that of the unfinished file."""
    true, target = made / "true.root", made / "other.root"
    if kind == "symbolic link":
        target.symlink_to(true)
    elif kind == "hard link":
        target.hardlink_to(true)
    elif kind == "unfinished":
        true = true.rename(made / "other.root.part")
    else:
        (made / "other.root.part").hardlink_to(true)
    before = contents(made)
    assert READ in refusal("detect", CARD, true, "-o", target, "--force")
    assert contents(made) == before


def test_tables_of_the_card_are_read(made):
    """Contract. Finds the table of a background replaced by an event file, a figure's CSV, or a run."""
    table = made / "a-0001.csv"
    table.write_text("low,high,content\n0,1,1\n1,2,1\n")
    text = (made / "card.toml").read_text()
    text += '\n[background.tabled]\nshape = "table"\nrate = "1 /d"\nuncertainty = 0.1\n'
    text += f'table = "{table}"\nunit = "MeV"\n'
    (made / "tabled.toml").write_text(text)
    assert answer("check", made / "tabled.toml")["valid"]
    before = contents(made)
    figure = ("contour", made / "tabled.toml", *PLANE, "-o", made / "a-0001.png", "--force")
    assert READ in refusal(*figure)
    toys = ("toys", made / "tabled.toml", "-n", 3, "--seed", 1, "-o", made / "t.root", "--force")
    assert READ in refusal(*toys, "--figure", made / "a-0001.pdf")
    assert contents(made) == before


def test_a_series_and_what_is_read(made):
    """Contract. Finds an input that has the name of a file of the series, or of its unfinished file."""
    card = (made / "card.toml").rename(made / "x-0005.root")
    unfinished = made / "x-0001.root.part"
    shutil.copy(card, unfinished)
    before = contents(made)
    for read in (card, unfinished):
        run = ("simulate", read, *EVENTS, "-o", made / "x.root", "--events-per-file", 10, "--force")
        assert READ in refusal(*run)
    assert contents(made) == before


def test_a_run_does_not_replace_its_card(made):
    """Contract. Finds the directory of the user's card replaced by --force."""
    before = contents(made)
    assert "a file that is read" in refusal("run", made / "run" / "card.toml", "-o", made / "run", "--force")
    (made / "link.toml").hardlink_to(made / "run" / "card.toml")
    assert "a file that is read" in refusal("run", made / "link.toml", "-o", made / "run", "--force")
    (made / "link.toml").unlink()
    assert contents(made) == before


@pytest.mark.parametrize("change", ["edited", "no events", "other events"])
def test_a_directory_that_no_run_made(made, change):
    """Contract. Finds a card that a person wrote, in a directory with the names of a run, deleted."""
    run = made / "run"
    if change == "edited":
        with (run / "card.toml").open("a") as stream:
            stream.write("\n[fit]\n" if "[fit]" not in (run / "card.toml").read_text() else "x = 1\n")
    elif change == "no events":
        (run / "events.root").unlink()
    else:
        shutil.copy(made / "true.root", run / "events.root")
    before = contents(made)
    assert "--force does not replace it" in refusal("run", CARD, "-o", run, "--force", "--seed", 1)
    assert contents(made) == before


OUTPUTS = {
    "simulate": (("simulate", CARD, *EVENTS), "toys.root", "is not an event file"),
    "toys": (("toys", CARD, "-n", 4, "--seed", 1, "--audit", 0), "table.root", "is not a toy file"),
    "calibrate": (("calibrate", CARD, "-n", 20, "--at", "0,0.2"), "events.root", "is not a calibration"),
    "histograms": (("simulate", CARD, *EVENTS), "run/histograms.root", "is not an event file"),
    "rerun": (("rerun", "toys.root"), "events.root", "is not a toy file"),
    "init": (("init", CARD), "data.csv", "is not a card"),
    "contour": (("contour", CARD, *PLANE), "strange.png", "is not marked as a picture"),
    "toys beside": (("contour", CARD, *PLANE), "data.png", "is not what this program wrote beside"),
}


@pytest.mark.parametrize(("command", "name", "words"), OUTPUTS.values(), ids=OUTPUTS)
def test_only_files_of_the_same_kind_are_replaced(made, monkeypatch, command, name, words):
    """Contract. Finds --force destroying a file of another kind or of another program."""
    monkeypatch.chdir(made)
    (made / "strange.png").write_bytes(b"\x89PNG\r\n\x1a\nof another program")
    before = contents(made)
    for force in ((), ("--force",)):
        message = refusal(*command, "-o", name, *force)
        assert words in message
        assert "so that --force does not replace it: remove it, or name another one" in message
    assert contents(made) == before


AGAIN = {
    "simulate": ("simulate", CARD, *EVENTS, "-o", "events.root"),
    "generate over simulate": ("generate", CARD, *EVENTS, "-o", "events.root"),
    "calibrate": ("calibrate", CARD, "-n", 20, "--at", "0,0.2", "-o", "table.root"),
    "toys": ("toys", CARD, "-n", 3, "--audit", 0, "-o", "toys.root", "--figure", "pulls.png"),
    "contour": ("contour", CARD, *PLANE, "-o", "new.pdf"),
    "figure": ("figure", "3", "-o", "figures"),
    "rerun": ("rerun", "toys.root", "-o", "new.root"),
}


@pytest.mark.parametrize("name", few(AGAIN, "generate over simulate", "calibrate", "rerun"))
def test_what_a_command_made_is_replaced_with_force(made, monkeypatch, name):
    """Contract: existing files of all commands are replaced with --force only."""
    monkeypatch.chdir(made)
    command = AGAIN[name]
    if command[0] in {"contour", "figure", "rerun"}:
        answer(*command)
    before = contents(made)
    assert "exists; --force replaces it" in refusal(*command)
    assert contents(made) == before
    answered = answer(*command, "--force")
    assert answered
    assert set(contents(made)) == set(before)


def test_an_edited_table_of_a_figure_stays(made):
    """Contract. Finds the CSV beside a picture replaced although somebody has worked in it."""
    table = made / "pulls.csv"
    table.write_text(table.read_text() + "# my remark\n")
    before = contents(made)
    run = (
        "toys",
        CARD,
        "-n",
        4,
        "--seed",
        1,
        "-o",
        made / "toys.root",
        "--figure",
        made / "pulls.png",
        "--force",
    )
    assert f"{table}: exists and is not what this program wrote" in refusal(*run)
    assert contents(made) == before


def test_init_keeps_a_card_that_was_edited(made):
    """Contract. Finds a person's card replaced by a preset."""
    card = made / "card.toml"
    assert invoke("init", "lama-pm147-paper", "-o", card, "--force").exit_code == 0
    card.write_text(card.read_text() + "# mine\n")
    assert "or was edited" in refusal("init", CARD, "-o", card, "--force")
    assert card.read_text().endswith("# mine\n")


def test_files_of_version_0_1(made, monkeypatch):
    """Contract: event files older than the mark are recognised; a series by its command line."""
    monkeypatch.chdir(made)
    for name in ("old-0000.root", "old-0001.root"):
        with TableFile(made / "events.root", "events") as file:
            origin, columns, row = file.provenances[0], file.arrays(), file.rows[0]
            branches = {n: _branch(b) for n, b in file.branches.items()}
        kept = {
            k: origin[k] for k in ("card", "inputs", "card_name", "seed", "command", "components", "model")
        }
        kept |= {"arguments": ["simulate", CARD, "-o", "old.root", "--events-per-file", "50"]}
        kept |= {"run": {"first": 0, "events": 50, "experiments": 0}}
        with TableWriter(made / name, "events", branches, provenance=kept) as table:
            table.extend({n: columns[n] for n in branches})
            table.finish({key: value for key, value in row.items() if key != "uuid"})
    run = ("simulate", CARD, *EVENTS, "--events-per-file", 50, "--force")
    assert "was not made by `simulate` as one of the series" in refusal(
        *run, "-o", (made / "old-0000.root").rename(made / "young-0000.root").with_name("young.root")
    )
    assert len(answer(*run, "-o", "old.root")["files"]) == 1
    assert not (made / "old-0001.root").exists()


def _branch(found):
    return Branch(dtype=found["dtype"], unit=found["unit"], description=found["description"])


def test_a_mode_is_kept(made):
    """Contract. Finds a private file that everybody can read after --force."""
    path = made / "events.root"
    path.chmod(0o600)
    answer("simulate", CARD, *EVENTS, "-o", path, "--force")
    assert path.stat().st_mode & 0o777 == 0o600
    assert file_stamp(path) is not None


@pytest.mark.long
def test_modes_of_a_run_are_kept(made, unrendered):
    """Contract. The same of a directory, and of each file in it; new ones have those of the process."""
    run = made / "run"
    run.chmod(0o750)
    (run / "fit.json").chmod(0o640)
    answer("run", CARD, "-o", run, "--seed", 1, "--force")
    assert run.stat().st_mode & 0o777 == 0o750
    assert (run / "fit.json").stat().st_mode & 0o777 == 0o640
    umask = os.umask(0)
    os.umask(umask)
    assert (run / "limit.json").stat().st_mode & 0o777 == 0o666 & ~umask
