"""Chunks of a campaign joined into one file, after each was compared with the campaign."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from macros.campaigns.chunk import read_run
from macros.campaigns.directory import FILE, Campaign
from macros.campaigns.notes import Notes
from macros.terminal import RunError

if TYPE_CHECKING:
    from detsim.files import Former
    from macros.merging import Merging

__all__ = ["advise_on_chunks", "check_chunks", "failed_toys", "join_chunks", "judge_campaign"]

_SHOWN = 5
_SPOILT = ("empty", "truncated", "incomplete", "damaged")
_AGAIN = "; make it again"


@contextmanager
def advise_on_chunks(campaign: Campaign) -> Iterator[None]:
    """Say of a chunk that is damaged how it is made again.

    Raises
    ------
    FileError
    """
    from detsim.files import FileError

    try:
        yield
    except FileError as error:
        if error.fault not in _SPOILT or Path(error.path).parent != campaign.chunk_directory:
            raise
        advice = f"remove it, then `nugauge campaign run {campaign.directory}` makes it again"
        reason = f"{error.reason.removesuffix(_AGAIN)}; {advice}"
        raise FileError(error.path, error.fault, reason) from None


def check_chunks(campaign: Campaign) -> list[Path]:
    """Refuse a campaign that is not complete, or has a chunk of another one.

    Returns
    -------
    list of Path
        All chunks in their order.

    Raises
    ------
    FileError
        Naming what is missing, or the file.
    """
    from detsim.files import FileError

    present = campaign.finished()
    missing = [number for number in range(campaign.n_chunks) if number not in present]
    if missing:
        failed = {note.get("number"): note.get("message") for note in Notes(campaign, "failed").read()}
        shown = ", ".join(_describe(campaign, number) for number in missing[:_SHOWN])
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        known = next((n for n in missing if failed.get(n)), None)
        why = "" if known is None else f"; chunk {known} failed: {failed[known]}"
        reason = (
            f"lacks {len(missing)} of {campaign.n_chunks} chunks: {shown}{more}{why}; "
            f"`nugauge campaign run {campaign.directory}` makes them"
        )
        raise FileError(campaign.directory, "incomplete", reason)
    return [campaign.path(campaign.chunk(number)) for number in range(campaign.n_chunks)]


def _describe(campaign: Campaign, number: int) -> str:
    chunk = campaign.chunk(number)
    return f"{number} (rows {chunk.first} to {chunk.last})"


def join_chunks(
    campaign: Campaign,
    output: Path,
    *,
    mixed: bool = False,
    advance: Callable[[float], None] | None = None,
    former: "Former | None" = None,
) -> "Merging":
    """Join the chunks of a campaign.

    Parameters
    ----------
    campaign : Campaign
    output : Path
    mixed : bool
        Join chunks that were made by different versions or processors, which agree to rounding.
    advance : callable, optional
        Called with the number of rows written.
    former : mapping of Path to FileStamp, optional
        What may be replaced.

    Raises
    ------
    FileError
        If chunks are missing, damaged, or of another campaign.
    """
    from macros.merging import merge

    files = check_chunks(campaign)
    with advise_on_chunks(campaign):
        for number, path in enumerate(files):
            _check_chunk(campaign, number, path)
        return merge(output, files, complete=True, mixed=mixed, advance=advance, former=former)


def _check_chunk(campaign: Campaign, number: int, path: Path) -> None:
    """Compare what the file of a chunk says of itself with the campaign."""
    from detsim.files import FileError
    from macros.merging import Run, check_same

    run, chunk, expected = read_run(path), campaign.chunk(number), campaign.expected
    row: dict[str, Any] = {"uuid": campaign.id, "first": 0, "last": -1, f"n_{expected['tree']}": 0}
    row |= {"first_experiment": 0, "n_experiments": 0}
    model = Run(
        path=campaign.directory / FILE,
        tree=expected["tree"],
        format=expected["format"],
        row=row,
        origin=expected["origin"],
        branches=expected["branches"],
        start=0,
    )
    check_same([model, run], mixed=True)
    first, last = min(p.first for p in run.parts), max(p.last for p in run.parts)
    if (first, last) != (chunk.first, chunk.last):
        reason = f"holds rows {first} to {last}, and chunk {number} is {chunk.first} to {chunk.last}"
        raise FileError(path, "foreign", reason)


def failed_toys(made: "Merging") -> tuple[int, int] | None:
    """Count the toys of a joined file whose fit failed, and all of them; None where none are counted."""
    from detsim.event_files import TableFile

    if made.result is not None and "points" in made.result.document:
        points = made.result.document["points"]
        return sum(p["n_failed"] for p in points), sum(p["n_toys"] for p in points)
    with TableFile(made.file, made.tree) as table:
        origin, n_rows = table.provenances[0], table.n_rows
    return (int(origin["n_failed"]), n_rows) if "n_failed" in origin else None


def judge_campaign(campaign: Campaign, made: "Merging") -> None:
    """End a campaign of which too many toys failed, or against whose rows something was said.

    Raises
    ------
    RunError
    """
    from macros.words import check_failed

    file, most, counted = made.file, campaign.judged.get("max_failed"), failed_toys(made)
    if most is not None and counted is not None:
        check_failed(*counted, most, where=f"{file} holds them, and counts them as failed")
    notes = Notes(campaign, "warning").read()
    if notes:
        raise RunError(
            f"{file} is whole, but of {len(notes)} of {campaign.n_chunks} chunks something was said; "
            f"chunk {notes[0].get('number')}: {notes[0].get('message')}"
        )
