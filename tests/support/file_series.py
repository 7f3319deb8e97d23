"""Series of files."""

from detsim.event_files.event_writer import EventFile

__all__ = ["names", "table"]


def table(path):
    with EventFile(path) as file:
        assert len(file.rows) == 1
        return file.arrays(), file.rows[0], file.provenance


def names(directory):
    return sorted(path.name for path in directory.iterdir())
