"""What users ask in other words: options before the command, levels, words of meanings, options of others."""

import pytest
from support.invocation import CARD, invoke, refusal

from detsim.files import BusyError, Lock


@pytest.mark.parametrize("flags", [("-q",), ("--quiet",)])
def test_verbosity_may_stand_before_the_command(tmp_path, flags):
    """Contract. The same as after it; groups too."""
    call = ("generate", CARD, "--seed", 1, "--events", 10, "-o")
    before, after = invoke(*flags, *call, tmp_path / "a.root"), invoke(*call, tmp_path / "b.root", *flags)
    assert before.exit_code == after.exit_code == 0, before.output
    assert before.stderr == after.stderr == ""
    assert "No such option" in refusal(*flags)
    assert "no such option: -q" not in invoke(*flags, "campaign", "status", tmp_path).output.lower()


def test_a_level_above_a_hundred_percent_is_explained():
    told = refusal("fit", CARD, "--level", "950%")
    assert "'950%' is 9.5, and a level lies between 0 and 1: write 0.95, or 95%" in " ".join(told.split())


def test_a_word_of_a_meaning_is_found():
    """Contract. Finds a search in names only: nothing is called smearing."""
    said = invoke("explain", "smearing")
    assert said.exit_code == 0, said.stderr
    assert "smear" in said.stdout


def test_run_says_where_the_number_of_events_is_given():
    assert "nugauge simulate CARD --events N" in refusal("run", CARD, "-o", "x", "--events", 10)


def test_a_lock_names_the_file_that_is_asked_for(tmp_path):
    asked = tmp_path / "a.root"
    lock = Lock(tmp_path / "a.root.part", asked=asked)
    with pytest.raises(BusyError) as found:
        Lock(tmp_path / "a.root.part", asked=asked)
    assert found.value.filename == str(asked)
    lock.remove()


def test_counts_that_are_not_whole_say_what_to_do(tmp_path):
    table = tmp_path / "expected.csv"
    table.write_text("low,high,counts\n0.25,0.3,402.5\n")
    assert "`nugauge fit CARD` without DATA" in " ".join(refusal("fit", CARD, table).split())
