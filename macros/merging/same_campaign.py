"""Whether runs belong to one campaign: cards, branches, provenance, versions and processors compared."""

from collections.abc import Sequence
from pathlib import Path

from detsim.files import FileError
from macros.merging.stored_runs import Run, read_runs
from macros.setup import card_differences

__all__ = ["check_same", "read_campaign"]

_NOT_THE_EVENTS = {
    f"run.{key}" for key in ("threads", "compression", "format", "events_per_file", "file_size")
}
"""Keys of a card on which no row depends."""
_CARDS = ("card", "generated_card")
_PLACES = {"card_name", "inputs", "data"}
"""Names of files, which may lie elsewhere; what was read from them is compared by itself."""
_MISSING = "nothing"
_ANY_SHAPE = {"calibration"}
"""Trees whose rows hold as many numbers as there are toys, or bins with toys."""


def read_campaign(inputs: Sequence[Path], tree: str, *, mixed: bool) -> list[Run]:
    """Read what files say of their runs, and refuse those that are not of one campaign.

    Parameters
    ----------
    inputs : sequence of Path
    tree : str
    mixed : bool
        Whether versions and processors may differ.

    Returns
    -------
    list of Run
        The first as it is, and the others without what they have in common with it, so that thousands of
        files take little memory.

    Raises
    ------
    FileError
        Naming the file and everything that differs.
    """
    runs: list[Run] = []
    for path in inputs:
        for run in read_runs(path, tree, mixed=mixed):
            if runs:
                check_same((runs[0], run), mixed=mixed)
            runs.append(run.slim() if runs else run)
    return runs


def check_same(runs: Sequence[Run], *, mixed: bool) -> None:
    """Refuse runs that are not of the campaign of the first.

    Parameters
    ----------
    runs : sequence of Run
    mixed : bool
        Whether versions and processors may differ.

    Raises
    ------
    FileError
        Naming the file and everything that differs.
    """
    first = runs[0]
    for run in runs[1:]:
        found = [*_branches(first, run), *_origins(first, run)]
        hint = ""
        if not found and not mixed:
            found = _makers(first, run)
            hint = "; --mixed joins them, and the events then are those of one run to rounding only"
        if found:
            reason = f"differs from {first.path} in {'; '.join(found)}{hint}"
            raise FileError(run.path, "foreign", reason)


def _branches(a: Run, b: Run) -> list[str]:
    ours, theirs = (
        {
            name: f"{branch['dtype']}{'' if run.tree in _ANY_SHAPE else branch['shape'] or ''}"
            for name, branch in run.branches.items()
        }
        for run in (a, b)
    )
    return [
        f"branch {name}: {theirs.get(name, _MISSING)}, not {ours.get(name, _MISSING)}"
        for name in dict.fromkeys((*ours, *theirs))
        if ours.get(name) != theirs.get(name)
    ]


def _origins(a: Run, b: Run) -> list[str]:
    """Compare cards key by key, and what else both provenances share."""
    found = []
    for name in _CARDS:
        if name in a.origin or name in b.origin:
            found += [
                f"{'' if name == 'card' else 'generated '}{key}: {theirs!r}, not {ours!r}"
                for key, ours, theirs in card_differences(a.origin.get(name, {}), b.origin.get(name, {}))
                if key not in _NOT_THE_EVENTS
            ]
    told = {"seed"} if any(line.startswith("run.seed:") for line in found) else set()
    for key in sorted((a.shared | b.shared) - set(_CARDS) - _PLACES - told):
        ours, theirs = a.origin.get(key), b.origin.get(key)
        if ours != theirs:
            found.append(f"{key}: {theirs!r}, not {ours!r}")
    return found


def _makers(a: Run, b: Run) -> list[str]:
    """Compare versions, processors and commits."""
    ours, theirs = a.made_by, b.made_by
    found = [
        f"version of {name}: {theirs['versions'].get(name)}, not {ours['versions'].get(name)}"
        for name in sorted({*ours["versions"], *theirs["versions"]})
        if ours["versions"].get(name) != theirs["versions"].get(name)
    ]
    mine, yours = set(ours["cpu"]["features"]), set(theirs["cpu"]["features"])
    if mine != yours:
        lacks, has = " ".join(sorted(mine - yours)), " ".join(sorted(yours - mine))
        lines = [f"without {lacks}" if lacks else "", f"with {has}" if has else ""]
        found.append(f"features of the processor: {', '.join(filter(None, lines))}")
    commits = [(run.get("git") or {}).get("commit") for run in (ours, theirs)]
    if all(commits) and commits[0] != commits[1]:
        found.append(f"git commit: {commits[1]}, not {commits[0]}")
    return found
