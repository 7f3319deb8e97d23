"""Help, public names, keys, branches and numbers against a stored reference."""

from importlib.metadata import version

import pytest
from support.witness.comparing import tell
from support.witness.reference import faults, make_reference, read_reference

STORED = read_reference()
REMEDY = "if this is meant: PYTHONPATH=.:tests python -m support.witness reference"


@pytest.fixture(scope="module")
def found():
    return make_reference(small=False)


@pytest.mark.parametrize("group", ["options", "packages"])
def test_what_users_rely_on_stays(found, group):
    """Contract. Finds a public name or an option that is gone."""
    assert not [tell(d) for d in faults(STORED, found, group)], REMEDY


@pytest.mark.long  # golden numbers, and the keys and branches of docs/files.md, have quick tests
def test_results_of_commands_stay():
    """Contract. Finds a key or branch that is gone, and a number that changed."""
    assert not [tell(d) for d in faults(STORED, make_reference(), "small")], REMEDY


def test_the_help_stays(found):
    """Contract. Finds a changed text of the help; its layout depends on typer's version."""
    if version("typer") != STORED["typer"]["version"]:
        pytest.skip("the reference was made with another typer")
    assert not [tell(d) for d in faults(STORED, found, "help")], REMEDY
