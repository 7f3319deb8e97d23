"""Files of true events, and tables of energies of another program."""

import gzip

import pytest

from detsim.event_files.event_reader import EventFile
from support.invocation import CARD, answer

__all__ = ["EXACT", "RUN", "columns", "recorded", "true_runs", "write_csv"]

EXACT = ("--set", "run.precision=float64")
RUN = (CARD, "--seed", 5, "--events", 3000)


@pytest.fixture(scope="module")
def true_runs(tmp_path_factory):
    """True events, in one file and in three, and what our own detector measures of them."""
    path = tmp_path_factory.mktemp("attach")
    answer("generate", *RUN, *EXACT, "-o", path / "true.root")
    answer("generate", *RUN, *EXACT, "-o", path / "part.root", "--events-per-file", 1000)
    answer("detect", CARD, path / "true.root", *EXACT, "-o", path / "reco.root")
    return path


@pytest.fixture(scope="module")
def recorded(true_runs):
    """Indices and energies that our own detector recorded."""
    table = columns(true_runs / "reco.root")
    return table["event"], table["T_reco"]


def columns(path):
    """Read all columns of a file, whose hashes have to be right."""
    with EventFile(path) as file:
        assert all(file.check_hashes().values())
        return file.arrays()


def write_csv(path, event, energy, header="event,T_reco [MeV]", separator=","):
    """Write a table of energies, compressed if its name says so; return its path."""
    rows = (f"{e}{separator}{float(T)!r}" for e, T in zip(event, energy, strict=True))
    text = "\n".join([header, *rows]) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path
