"""`nugauge rerun`: a file made again from what it says of itself, and compared."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.terminal import ForceOption, JsonOption, RunError, emit_json, number_of, progress, say

if TYPE_CHECKING:
    from detsim.files import Former

__all__ = ["reason", "rerun"]


def rerun(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An event file, toy file or calibration.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Keep what was made, of a file of one run; else it is removed.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="Where the file is that the run read, as `detect` its true events; else where it was.",
            show_default=False,
        ),
    ] = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a file again from its provenance, and compare both.

    Every branch is compared; the exit status is 1 if one differs.
    """
    from contextlib import ExitStack
    from tempfile import TemporaryDirectory

    from detsim.event_files import TableFile, table_name
    from macros.setup import FilePlan, Output

    kind = table_name(file)
    with ExitStack() as stack:
        table = stack.enter_context(TableFile(file, kind))
        runs = table.provenances
        if len(runs) > 1 and (output or source):
            option = "--output" if output else "--input"
            raise typer.BadParameter(f"{option} goes with a file of one run; {file} holds {len(runs)}")
        reads = tuple(filter(None, (file, source, *_inputs(runs))))
        writes = () if output is None else (Output(path=output, kind=kind),)
        former = stack.enter_context(FilePlan(reads=reads, writes=writes, force=force).open())
        path = output or Path(stack.enter_context(TemporaryDirectory(prefix="nugauge-"))) / "again.root"
        advance = stack.enter_context(progress("running again", None, "rows"))
        allowed = None if output is None else former
        found = [_compare(origin, kind, path, source, advance, file, allowed) for origin in runs]
        damaged = [name for name, intact in table.check_hashes().items() if not intact]
        identical = not damaged and all(run["identical"] for run in found)
        if as_json:
            document = {
                "file": file,
                "identical": identical,
                "damaged": damaged,
                "runs": found,
                "output": output,
            }
            emit_json({key: str(x) if isinstance(x, Path) else x for key, x in document.items()})
        else:
            _say(file, found, identical)
    if damaged:
        raise RunError(f"{file}: {', '.join(damaged)} is not what was written: the file is damaged")
    if not identical:
        raise RunError(f"{file} was made again, and is not the same{reason(found)}")


def reason(runs: list[dict[str, Any]]) -> str:
    """Name version and processor, where a run that differs was made by, or for, another one."""
    origins = [run["origin"] for run in runs if not run["identical"]]
    versions = [origin["nugauge"] for origin in origins if "nugauge" in origin]
    processors = [origin["cpu"] for origin in origins if "cpu" in origin]
    reasons = []
    if versions:
        before, now = versions[0]
        reasons.append(
            f'it was made by nugauge {before}, and this is nugauge {now}; CHANGELOG.md lists under "Changed '
            'results" what differs between them, and why'
        )
    if processors:
        before, now = processors[0]
        reasons.append(
            f"it was compiled for the processor {before}, and this one is {now}: the last bits depend on it"
        )
    return ": " + "; ".join(reasons) if reasons else ""


def _inputs(runs: Sequence[Mapping[str, Any]]) -> list[Path]:
    """List the files that runs have read: tables of their cards, and files of this program."""
    from detsim.formats import table_path
    from macros.card import used_files

    tables = [table_path(spec) for run in runs for spec in used_files(dict(run.get("card") or {}))]
    stated = [run.get("run") or {} for run in runs]
    records = [
        one for run in stated for one in (run.get("input"), *run.get("inputs", ()), run.get("measured"))
    ]
    return [*tables, *(Path(record["file"]) for record in records if record)]


def _compare(
    origin: Mapping[str, Any],
    kind: str,
    path: Path,
    source: Path | None,
    advance: Any,
    file: Path,
    former: "Former | None",
) -> dict[str, Any]:
    """Make one run again, and compare its branches by their SHA-256; None for a file that is not kept."""
    from detsim.event_files import TableFile, origin as current
    from macros.card import CardError
    from macros.rerunning import differences, remake

    try:
        remake(origin, path, stated=source, advance=advance, former=former)
    except (ValueError, CardError) as error:
        before, here = differences(origin, current()).get("nugauge", (None, None))
        versions = f" (it was made by nugauge {before}, this is {here})" if before else ""
        raise ValueError(f"{file}: {error}{versions}") from None
    with TableFile(path, kind) as table:
        now = table.provenances[0]
    if former is None:
        path.unlink()
    pairs = {name: [b.get(name, {}).get("sha256") for b in (origin["branches"], now["branches"])]
             for name in {**origin["branches"], **now["branches"]}}  # fmt: skip
    differ = [name for name, (stored, made) in pairs.items() if stored != made]
    return {
        "uuid": origin["uuid"],
        "command": origin["command"],
        "seed": origin.get("seed"),
        "rows": [origin["rows"], now["rows"]],
        "identical": not differ and origin["rows"] == now["rows"],
        "branches": len(pairs),
        "differ": differ,
        "origin": differences(origin, now),
    }


def _say(file: Path, runs: list[dict[str, Any]], identical: bool) -> None:
    say(f"{file}: {'identical' if identical else 'NOT identical'}")
    for run in runs:
        stored, made = run["rows"]
        head = f"{run['command']}, seed {run['seed']}, run {run['uuid']}"
        if run["identical"]:
            say(f"  {head}: {run['branches']} branches of {number_of(stored, 'row')} are the same")
        else:
            say(
                f"  {head}: {number_of(stored, 'row')} stored, {made} made; "
                f"of {run['branches']} branches differ:"
            )
            say(f"    {', '.join(run['differ']) or 'none'}")
        for name, (before, now) in run["origin"].items():
            say(f"    {name}: {_brief(before)} stored, {_brief(now)} now")


def _brief(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {v}" for k, v in value.items())
    return (", ".join(map(str, value)) or "none") if isinstance(value, list) else str(value)
