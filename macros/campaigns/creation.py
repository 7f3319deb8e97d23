"""Creation of a campaign: its arguments checked, its inputs copied, a trial measured, its chunks planned."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from macros.campaigns.chunk import make_rows, read_run
from macros.campaigns.directory import FILE, Campaign, Chunk, seal
from macros.campaigns.inputs import collect_inputs, load_card_of
from macros.campaigns.notes import LOCK, driver_lock
from macros.campaigns.plan import cost_of, rows_for
from macros.campaigns.tasks import Request
from macros.setup import Trial, measure_rows
from macros.terminal import announce

__all__ = ["Draft", "PlanSettings", "audit_seconds", "check_free", "chosen_seed", "create", "draft"]

_WARM_UP = 2
_AUDITED = 5
"""Toys that are fitted again to measure how long that takes."""

Resolved = Callable[[Iterable[str]], list[str]]
"""Names the copies of the inputs in arguments and options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A campaign that was planned, and that is not made.

    Parameters
    ----------
    trial : Trial
    first_size, size : int
        Rows of chunk 0, and of all others.
    chunks : int
    """

    trial: Trial
    first_size: int
    size: int
    chunks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """How a campaign is planned.

    Parameters
    ----------
    seed : int
    chunk_seconds : float
        Time that a chunk is to take [s].
    chunk_size : int, optional
        Rows of a chunk, instead of the time.
    threads : int
        Of the trial.
    workers : int
        Among whom the chunks are shared.
    """

    seed: int
    chunk_seconds: float
    chunk_size: int | None
    threads: int
    workers: int


def chosen_seed(request: Request) -> int:
    """Return the seed that was asked for, the card's, or a new one, which is announced."""
    from simgen.random import fresh_seed

    if request.seed is not None:
        return request.seed
    card = load_card_of(request)
    if card.run.seed is not None:
        return card.run.seed
    seed = fresh_seed()
    announce(f"seed {seed} (drawn; the campaign keeps it)")
    return seed


def _warm_up(request: Request, settings: PlanSettings, place: Path) -> None:
    """Run the command with a few rows, as it was asked for: it refuses what is wrong with its own words."""
    make_rows(
        request.task,
        [*request.options, f"--seed={settings.seed}"],
        request.arguments,
        count=request.count_option,
        chunk=Chunk(number=0, first=0, n=min(request.n, _WARM_UP)),
        path=place / "warm-up.root",
        threads=settings.threads,
        quiet=False,
    )


def draft(request: Request, settings: PlanSettings) -> Draft:
    """Plan a campaign from a trial, and leave nothing."""
    with tempfile.TemporaryDirectory(prefix="nugauge-campaign-") as name:
        place = Path(name)
        _warm_up(request, settings, place)
        return _trial(request, settings, list, place / "trial.root")


def _trial(request: Request, settings: PlanSettings, resolved: Resolved, path: Path) -> Draft:
    """Measure a trial of rows without their audit, and toys of an audit, and plan the chunks."""
    audits = request.task.has_audit
    plain = request.with_values({"audit": "0"}) if audits else request
    n, seconds, given = request.n, settings.chunk_seconds, settings.chunk_size
    sums = request.values.get("keep") == "sums"

    def make(rows: int) -> None:
        _make(plain, settings, resolved, path, Chunk(number=0, first=0, n=rows))

    trial = measure_rows(make, path, n, seconds=seconds, threads=settings.threads, most=given or n, sums=sums)
    if audits and request.n_audited:
        fit = audit_seconds(request, settings, resolved, path.with_name("audit.root"))
        trial = trial.with_audit(fit, request.n_audited, n)
    left = max(n - trial.n, 1)
    size = min(given or rows_for(trial, seconds, n=left, workers=settings.workers), n)
    first_size = trial.n if given is None else size
    chunks = 1 + -(-max(n - first_size, 0) // size)
    return Draft(trial=trial, first_size=first_size, size=size, chunks=chunks)


def _make(request: Request, settings: PlanSettings, resolved: Resolved, path: Path, chunk: Chunk) -> None:
    make_rows(
        request.task,
        [*resolved(request.options), f"--seed={settings.seed}"],
        resolved(request.arguments),
        count=request.count_option,
        chunk=chunk,
        path=path,
        threads=settings.threads,
    )


def audit_seconds(request: Request, settings: PlanSettings, resolved: Resolved, path: Path) -> float:
    """Measure how long the second fit of a toy takes: toys with and without it, each made twice."""
    n = min(request.n, _AUDITED)
    chunk, times = Chunk(number=0, first=0, n=n), []
    for audit in (n, 0):
        few = replace(request.with_values({"audit": str(audit)}), n=n)
        took = []
        for _ in range(2):
            start = time.perf_counter()
            _make(few, settings, resolved, path, chunk)
            took.append(time.perf_counter() - start)
        times.append(min(took))
    path.unlink()
    return max(times[0] - times[1], 0.0) / n


def create(request: Request, directory: Path, settings: PlanSettings) -> tuple[Campaign, Draft]:
    """Make the directory of a campaign, with its first chunk.

    Parameters
    ----------
    request : Request
    directory : Path
        New, or empty.
    settings : PlanSettings

    Raises
    ------
    FileExistsError
        If there is something in the directory.
    ValueError
        If the disk has no space for the chunks.

    Notes
    -----
    The file that describes the campaign is written last. What fails before, or is interrupted, is removed.
    """
    from detsim.event_files import origin
    from detsim.files import whole_file

    check_free(directory)
    with tempfile.TemporaryDirectory(prefix="nugauge-campaign-") as name:
        _warm_up(request, settings, Path(name))
    with _new_directory(directory) as place:
        copied, files = collect_inputs(request, load_card_of(request))
        for folder in ("inputs", "chunks", "making"):
            (place / folder).mkdir()
        fixed: dict[str, Any] = {
            "directory": place,
            "task": request.task.name,
            "options": tuple(copied.options),
            "arguments": tuple(copied.arguments),
            "count": request.count_option,
            "n": request.n,
            "seed": settings.seed,
            "chunk_seconds": settings.chunk_seconds,
            "inputs": files.copy_to(place / "inputs"),
            "judged": dict(request.judged),
        }
        blank = Campaign(**fixed, first_size=request.n, size=1, made_by={}, trial={}, expected={})
        path = place / "making" / "trial.root"
        plan = _trial(copied, settings, blank.resolved, path)
        _check_space(place, cost_of(plan.trial, request.n, plan.chunks, workers=1).bytes)
        campaign = Campaign(
            **fixed,
            first_size=plan.first_size,
            size=plan.size,
            made_by=origin(),
            trial=plan.trial.document(),
            expected=_expected(path),
        )
        if plan.first_size == plan.trial.n:
            if copied.n_audited:
                _make(copied, settings, blank.resolved, path, campaign.chunk(0))
            path.rename(campaign.path(campaign.chunk(0)))
        shutil.rmtree(place / "making")
        with whole_file(place / FILE) as stream:
            stream.write(seal(campaign))
    return campaign, plan


def check_free(directory: Path) -> None:
    """Refuse a directory that holds something, or that cannot be made.

    Raises
    ------
    FileExistsError, FileNotFoundError
    """
    if (directory / FILE).exists():
        reason = "holds a campaign; `nugauge campaign run` goes on with it, and a new one needs another name"
        raise FileExistsError(17, reason, str(directory))
    if directory.exists() and not directory.is_dir():
        raise FileExistsError(
            17, "is a file, and a campaign is a directory: name another one", str(directory)
        )
    if directory.exists() and any(directory.iterdir()):
        raise FileExistsError(17, "is not empty: a campaign needs a directory of its own", str(directory))
    if not directory.exists() and not directory.absolute().parent.is_dir():
        raise FileNotFoundError(2, "there is no such directory", str(directory.absolute().parent))


@contextmanager
def _new_directory(directory: Path) -> Iterator[Path]:
    """Give a directory to fill, and take back what is in it if that fails."""
    place = directory.absolute()
    made = not place.exists()
    place.mkdir(exist_ok=True)
    with ExitStack() as stack:
        stack.callback(_remove_empty, place, made=made)
        stack.enter_context(driver_lock(place, "makes a campaign here"))
        if any(entry.name != LOCK for entry in place.iterdir()):
            raise FileExistsError(17, "is not empty: a campaign needs a directory of its own", str(directory))
        try:
            yield place
        except BaseException:
            for entry in place.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry, ignore_errors=True)
            (place / FILE).unlink(missing_ok=True)
            raise


def _remove_empty(place: Path, *, made: bool) -> None:
    if made:
        with suppress(OSError):
            place.rmdir()


def _check_space(place: Path, size: float) -> None:
    usage = shutil.disk_usage(place)
    if usage.total and size > usage.free:
        raise ValueError(
            f"{place}: the chunks take {size / 1e9:.3g} GB, and {usage.free / 1e9:.3g} GB are free: name a "
            "directory on another disk, or make several campaigns"
        )


def _expected(path: Path) -> dict[str, Any]:
    """Take from a file of the campaign what all have in common."""
    run = read_run(path)
    branches = {
        name: {key: b[key] for key in ("dtype", "unit", "description", "shape")}
        for name, b in run.branches.items()
    }
    kept = {*run.shared, "schema"}
    return {
        "tree": run.tree,
        "format": run.format,
        "origin": {key: value for key, value in run.origin.items() if key in kept},
        "branches": branches,
    }
