"""Campaigns of the tests: small ones, executors of this process, and digests of what they make."""

from concurrent.futures import Executor, Future
from pathlib import Path

from detsim.event_files import TableFile, table_name
from macros.setup import Trial
from support.invocation import answer

SEED = 5
CARD = "borexino-cr51-paper"
FAST = ("--audit", 0)
_PLAIN = {}
"""What was made by the plain command, by its arguments."""
_NEW = {}
"""What `campaign new` said, and the files that it made, by its arguments."""


class Inline(Executor):
    """An executor that does what it is given at once."""

    def __init__(self, change=lambda job: job):
        self.change = change
        self.jobs = []

    def submit(self, fn, /, job):
        self.jobs.append(job)
        future = Future()
        try:
            future.set_result(fn(self.change(job)))
        except Exception as error:
            future.set_exception(error)
        return future

    def kill(self):
        """End nothing: it has no processes."""


def made_once(make, path, n, *, most, threads, **_):
    """Make the rows of a trial once, and foretell a short time for each: in place of `measure_rows`."""
    rows = min(n, most)
    make(rows)
    size = float(path.stat().st_size)
    return Trial(n=rows, seconds=1e-6, overhead=1e-3, bytes=size / rows, chunk_bytes=size, threads=threads)


def new(directory, *arguments, task="toys", card=CARD, n=60, size=20, seed=SEED):
    """Make a campaign, or copy one that had the same arguments; return what the command said as JSON."""
    known = (task, card, "-n", n, "--seed", seed, "--chunk-size", size, *arguments)
    directory = Path(directory)
    if known not in _NEW or directory.exists():
        said = answer("campaign", "new", directory, *known, *(FAST if task == "toys" else ()))
        files = [path for path in directory.rglob("*") if path.is_file()]
        _NEW[known] = said, {path.relative_to(directory): path.read_bytes() for path in files}
        return said
    said, files = _NEW[known]
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    return said


def digests(path):
    """Return the SHA-256 of each branch of a file."""
    with TableFile(path, table_name(Path(path))) as table:
        assert len(table.rows) == 1
        return {name: branch["sha256"] for name, branch in table.branches.items()}


def merged(directory, *options):
    """Merge a campaign; return the SHA-256 of the branches."""
    file = directory.with_suffix(".root")
    answer("campaign", "merge", directory, "-o", file, *options)
    return digests(file)


def plain(directory, *arguments, task="toys", count="-n", card=CARD, n=60, seed=SEED):
    """Make the same by the plain command; return the SHA-256 of the branches."""
    known = (task, card, count, n, "--seed", seed, *arguments)
    if known not in _PLAIN:
        file = directory / f"plain-{task}.root"
        answer(*known, "-o", file, *(FAST if task == "toys" else ()))
        _PLAIN[known] = digests(file)
    return _PLAIN[known]


def chunk_files(directory):
    """List the finished chunks of a campaign."""
    return sorted((directory / "chunks").glob("*.root"))
