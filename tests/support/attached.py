"""Files of true events, and tables of energies of another program."""

import gzip

from detsim.event_files.event_reader import EventFile
from support.invocation import CARD, answer

__all__ = ["EXACT", "RUN", "columns", "write_csv", "write_runs"]

EXACT = ("--set", "run.precision=float64")
RUN = (CARD, "--seed", 5, "--events", 3000)


def write_runs(path):
    """Write true events, in one file and in three, and what our detector measures; return the path."""
    answer("generate", *RUN, *EXACT, "-o", path / "true.root")
    answer("generate", *RUN, *EXACT, "-o", path / "part.root", "--events-per-file", 1000)
    answer("detect", CARD, path / "true.root", *EXACT, "-o", path / "reco.root")
    return path


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
