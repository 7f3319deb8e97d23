"""Files of campaigns."""

from detsim.event_files.inspect import describe
from support.invocation import CARD, answer

__all__ = ["digests", "toys"]


def digests(path):
    """The stored SHA-256 of each branch, which have to be those of the rows."""
    document = describe(path, check_hashes=True)
    assert document["complete"]
    assert len(document["runs"]) == 1
    return {name: branch["sha256"] for name, branch in document["branches"].items()}


def toys(directory):
    answer("toys", CARD, "-n", 2, "-o", directory / "toys.root", "--seed", 5)
    return directory / "toys.root"
