"""Progress of long work in Python: in notebooks and on terminals after a second, else nowhere."""

import io
import re
import sys
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

import nugauge
from macros.terminal import interactive, interactive_progress, pace, progress
from macros.terminal.console import withdraw


class Terminal(io.StringIO):
    """A terminal that keeps what is written."""

    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that a test sets, in seconds."""
    now = [0.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])  # of the module `time`, and so of all
    return now


@pytest.fixture
def shown(monkeypatch):
    """Return what would be shown on a terminal: titles, and work done."""
    seen = []

    class Bar:
        def __init__(self, title, unit, pace):
            seen.append((title, unit, pace.total))
            self.pace = pace

        def __enter__(self):
            return lambda: seen.append((self.pace.done, self.pace.rate))

        def __exit__(self, *_):
            seen.append("gone")

    monkeypatch.setattr(interactive, "terminal_bar", Bar)
    # pytest has its own sys.stderr in each phase of a test
    monkeypatch.setattr(interactive, "sys", SimpleNamespace(modules={}, stderr=Terminal()))
    return seen


def work(clock):
    with interactive_progress("toys", 10, "toys") as advance:
        for second in (0.5, 1.5, 2.0):
            clock[0] = second
            advance(2)


def test_a_terminal_shows_work_of_more_than_a_second(clock, shown):
    """Contract: the bar begins after a second with all that is done, and is gone at the end."""
    work(clock)
    assert shown == [("toys", "toys", 10), (4.0, 2.0), (6.0, pytest.approx(4 / 1.5)), "gone"]


def test_short_work_shows_nothing(clock, shown):
    with interactive_progress("toys", 10, "toys") as advance:
        clock[0] = 0.9
        advance(10)
    assert shown == []


def test_it_can_be_turned_off(clock, shown):
    nugauge.show_progress(False)
    try:
        work(clock)
    finally:
        nugauge.show_progress()
    assert shown == []
    clock[0] = 0.0
    work(clock)
    assert shown


def test_nothing_is_written_where_output_is_piped(clock, monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    work(clock)
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw
    work(clock)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("total", [100.0, None])
def test_the_bar_of_a_notebook_is_whole(total):
    whole = pace.Pace(total)
    whole.done, whole.rate = 25.0, 5.0
    bar = ET.fromstring(interactive.bar_html("<toys>", "toys", whole))
    assert bar.text.startswith("<toys>")
    assert bar.find("progress").get("value") == (None if total is None else "0.25")
    assert "5 toys/s" in "".join(bar.itertext())
    assert ("15 s left" in "".join(bar.itertext())) == (total is not None)


def test_the_rate_is_without_compilation(clock):
    """Contract. Finds a rate, or an end, that counts the first piece, in which functions are compiled."""
    counted = pace.Pace(1000.0)
    clock[0] = 60.0
    counted.add(100.0)
    assert (counted.done, counted.rate, counted.left) == (100.0, None, None)
    for clock[0] in (61.0, 62.0):
        counted.add(100.0)
    assert counted.rate == pytest.approx(100.0)
    assert counted.left == pytest.approx(7.0)


@pytest.mark.parametrize(("total", "says"), [(8, "3 of 8 figures"), (10_000, "0 %")])
def test_few_pieces_are_counted(monkeypatch, total, says):
    """Contract: a terminal shows how many of few pieces are done, and the percentage; of many the rate."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("drawing", total, "figures") as advance:
        advance(3)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert says in text
    assert f"{100 * 3 / total:3.0f} %" in text
    assert (" of " in text) == (total == 8)


def test_lines_of_a_command_do_not_count_compilation(clock, capsys, monkeypatch):
    """Contract, as above, of what a command says where there is no terminal."""
    monkeypatch.setattr(pace, "end_time", lambda seconds: f"in {seconds:.0f} s")
    withdraw()  # what commands of other tests announced
    with progress("toys", 1000, "toys") as advance:
        for clock[0] in (60.0, 61.0, 75.0):
            advance(100)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["toys: 100 of 1000", "toys: 300 of 1000, ends in 52 s (13.3 toys/s)"]


def test_a_terminal_does_not_count_compilation(clock, monkeypatch):
    """Contract, as above, of the bar of a command."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(pace, "end_time", lambda seconds: f"in {seconds:.0f} s")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    withdraw()
    with progress("toys", 1000, "toys") as advance:
        for clock[0] in (60.0, 61.0, 62.0):
            advance(100)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert "100 toys/s ends in 7 s" in text
    assert "1.6" not in text


def test_methods_of_a_card_tell_how_far_they_are(monkeypatch):
    """Contract. Finds a method whose work is not counted to its end."""
    counted = {}

    class Progress:
        def __init__(self, title, total, unit):
            self.title = title
            counted[title] = [total, 0]

        def __enter__(self):
            return self.add

        def __exit__(self, *_):
            pass

        def add(self, n):
            counted[self.title][1] += n

    import macros.setup.counts
    import macros.studies.toys
    import macros.terminal

    for module in (macros.terminal, macros.setup.counts, macros.studies.toys):
        monkeypatch.setattr(module, "interactive_progress", Progress)
    card = nugauge.load_card("borexino-cr51-realistic")
    card.simulate(seed=1)
    card.toys(200, seed=1)
    card.coverage([0, 0.05], 100, seed=1, methods="minos", audit=0)
    card.limit(n_toys=100, seed=1, audit=0)
    card.goodness_of_fit(card.expect(), 100, seed=1)
    card.compare(card, card.expect(), 50, seed=1, fixed=(True, False))
    simulation = counted.pop("simulation")
    assert simulation[1] in {0, simulation[0]}  # one part is drawn at once, and nothing is to be told of it
    assert set(counted) == {"toys", "coverage", "expected limit", "goodness of fit"}
    assert all(done == total for total, done in counted.values())


CELL = """
import nugauge
from macros.terminal import interactive_progress
import time
with interactive_progress("toys", 3, "toys") as advance:
    for _ in range(3):
        time.sleep(0.6)
        advance(1)
card = nugauge.load_card("borexino-cr51-realistic")
card.experiment
"""


@pytest.mark.long
def test_a_notebook_shows_progress_and_tables():
    """Contract, with a kernel: one display is changed, and is empty at the end; a result is HTML with SVG."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient comes with nugauge[docs]")
    nbformat = pytest.importorskip("nbformat", reason="nbformat comes with nugauge[docs]")
    pytest.importorskip("ipykernel", reason="ipykernel comes with nugauge[docs]")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    seen = []

    class Client(nbclient.NotebookClient):
        def process_message(self, msg, cell, cell_index):
            if msg["msg_type"] in {"display_data", "update_display_data"}:
                seen.append(msg["content"]["data"]["text/html"])
            return super().process_message(msg, cell, cell_index)

    Client(notebook, timeout=120, kernel_name="python3").execute()
    assert len(seen) >= 2
    assert "<progress" in seen[0]
    assert seen[-1] == ""
    result = notebook.cells[0].outputs[-1]["data"]["text/html"]
    assert "<table>" in result
    assert "<svg" in result
    assert not any(output.get("name") == "stderr" for output in notebook.cells[0].outputs)
