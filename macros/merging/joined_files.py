"""Files of one campaign joined into one, after checking that they are of one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detsim.event_files import EventFile, table_name
from detsim.files import FileError
from macros.merging.joined_parts import Joining, drawn_range, gaps_between, sorted_parts
from macros.merging.joined_rows import join_rows
from macros.merging.joined_sums import join_calibrations, join_sums
from macros.merging.same_campaign import read_campaign
from macros.merging.study_results import StudyResult, study_result
from macros.setup import check_different

if TYPE_CHECKING:
    from detsim.event_files import TableName
    from detsim.files import Former

__all__ = ["Joined", "Merging", "check_events", "check_parts", "check_whole", "merge", "merged_kind"]


@dataclass(frozen=True, kw_only=True)
class Joined:
    """What files of one campaign hold together.

    Parameters
    ----------
    tree : str
        ``events``, ``toys``, ``statistics``, ``sums`` or ``calibration``.
    what : str
        What the indices count: as `tree`, or pseudo-experiments.
    first, last : int
        Lowest and highest index of what was drawn.
    gaps : tuple of (int, int)
        First and last of what is missing between them.
    """

    tree: str
    what: str
    first: int
    last: int
    gaps: tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Merging:
    """What a merge made.

    Parameters
    ----------
    file : Path
    tree : str
        ``events``, ``toys``, ``statistics``, ``sums`` or ``calibration``.
    n_files, n_rows : int
    first, last : int
        Lowest and highest index of what was drawn: events, pseudo-experiments or toys.
    gaps : tuple of (int, int)
        First and last of what is missing between them.
    result : StudyResult or None
        What the joined toys of a study say.
    """

    file: Path
    tree: str
    n_files: int
    n_rows: int
    first: int
    last: int
    gaps: tuple[tuple[int, int], ...]
    result: StudyResult | None = None

    def contents(self, sources: str) -> str:
        """Say what the file holds, and of what it was joined, such as "2 files"."""
        if self.tree in {"sums", "calibration"}:
            return f"toys {self.first} to {self.last} of {sources}"
        return f"{self.n_rows} {self.tree} of {sources}, index {self.first} to {self.last}"

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        return {
            "file": str(self.file),
            "kind": self.tree,
            "n_files": self.n_files,
            "n_rows": self.n_rows,
            "first": self.first,
            "last": self.last,
            "gaps": [list(gap) for gap in self.gaps],
            **({} if self.result is None else {"result": self.result.document}),
        }


def merge(
    output: Path,
    inputs: Sequence[Path],
    *,
    complete: bool = False,
    mixed: bool = False,
    advance: Callable[[float], None] | None = None,
    former: "Former | None" = None,
) -> Merging:
    """Join files of one campaign: events, toys, statistics or sums of toys, calibrations.

    Parameters
    ----------
    output : Path
        Written whole or not at all; none of the inputs.
    inputs : sequence of Path
        In any order; what `hadd` or a former merge joined, too.
    complete : bool
        Refuse gaps, also before the first index.
    mixed : bool
        Join what was made by different versions or processors, which agree to rounding.
    advance : callable, optional
        Called with the number of rows written, or of files added.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Raises
    ------
    FileError
        If a file is not whole, not of the same campaign as the first, or has what another has too.
    ValueError
        If the output is an input.
    """
    for path in inputs:
        check_different(output, path)
    tree = merged_kind(inputs[0])
    runs = read_campaign(inputs, tree, mixed=mixed)
    parts = sorted_parts(runs)
    gaps = gaps_between(parts, runs[0], complete=complete)
    joining = Joining(
        output=output,
        runs=runs,
        parts=parts,
        whole=not gaps,
        advance=advance or (lambda _: None),
        former=former,
    )
    join = {"sums": join_sums, "calibration": join_calibrations}.get(tree, join_rows)
    n_rows, (first, last) = join(joining), joining.range
    return Merging(
        file=output,
        tree=tree,
        n_files=len(inputs),
        n_rows=n_rows,
        first=first,
        last=last,
        gaps=gaps,
        result=study_result(output, tree),
    )


def check_events(inputs: Sequence[Path]) -> tuple[tuple[int, int], ...]:
    """Check as `merge` that event files are parts of one run; return the ranges that none of them holds.

    Parameters
    ----------
    inputs : sequence of Path
        In any order.

    Raises
    ------
    FileError
        If a file is not whole, holds no events, is not of the same run as the first, or has what another has.
    """
    return check_parts(inputs, "events").gaps


def check_whole(inputs: Sequence[Path]) -> None:
    """Check as `merge --complete` that event files are all parts of one run, from its first given event on.

    Raises
    ------
    FileError
        As `check_events`, and if events or a file of a series are in none of the files.
    """
    gaps = check_events(inputs)
    numbers = []
    for path in inputs:
        with EventFile(path) as file:
            series = (file.provenance.get("run") or {}).get("series")
            numbers.append(None if series is None else int(series["number"]))
    missing = sorted(set(range(len(inputs))) - {n for n in numbers if n is not None})
    if None not in numbers and missing:
        reason = f"is of a series of which number {missing[0]} is not given: give all of its files"
        raise FileError(inputs[0], "incomplete", reason)
    if gaps:
        first, last = gaps[0]
        reason = f"and the others lack events {first} to {last} of their run: give all of its files"
        raise FileError(inputs[0], "incomplete", reason)


def check_parts(inputs: Sequence[Path], tree: str, *, mixed: bool = False) -> Joined:
    """Check as `merge` that files are parts of one campaign, and say what they hold together.

    Parameters
    ----------
    inputs : sequence of Path
        In any order.
    tree : str
        What they hold; see `merged_kind`.
    mixed : bool
        Whether versions and processors may differ.

    Raises
    ------
    FileError
        As `merge`.
    """
    runs = read_campaign(inputs, tree, mixed=mixed)
    parts = sorted_parts(runs)
    gaps = gaps_between(parts, runs[0], complete=False)
    first, last = drawn_range(parts)
    return Joined(tree=tree, what=runs[0].what, first=first, last=last, gaps=gaps)


def merged_kind(path: Path) -> "TableName":
    """Tell what a file holds: events, toys, statistics or sums of toys, or a calibration."""
    kind = table_name(path)
    if kind == "events":
        EventFile(path).close()
    return kind
