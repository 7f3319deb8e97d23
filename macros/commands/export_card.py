"""`nugauge export` of a card: its likelihood in the formats of other programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from macros.terminal import ToyChoice, emit_json, format_number, number_of, read_values, say, warn

if TYPE_CHECKING:
    from macros.exports import HepdataExport, PyhfExport, ResponseExport
    from macros.studies import Inference

__all__ = ["CardExport", "export_card"]

_SUFFIXES = {"pyhf": (".json",), "response": (".root", ".json")}
"""Endings of the names of files, by format."""
_FAR = 0.1
"""Statistical errors of a bin from which on a difference is warned of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardExport:
    """Arguments and options of the export of a card; see `macros.commands.export.export`."""

    card: str
    data: Sequence[str]
    format: str
    output: Path
    at: str | None
    poi: str | None
    auxiliary: Sequence[str] | None
    toy: ToyChoice | None
    experiment: int | None
    unit: str
    of: str | None
    seed: int | None
    override: Sequence[str] | None
    results: Sequence[Path]
    force: bool
    as_json: bool

    def values(self, poi: str) -> list[float] | None:
        """Read the values of --at."""
        return None if self.at is None else read_values("--at", self.at, poi)


def export_card(options: CardExport) -> None:
    """Write the likelihood of a card, its response, or its results."""
    from macros.exports import archive_suffix, check_hepdata, patchset_path
    from macros.setup import FilePlan, Output, auxiliary_files, card_files, data_files, open_card

    _check_output(options)
    if options.format == "hepdata":
        check_hepdata()
    loaded = open_card(
        options.card, options.override, seed=options.seed, draws=False, of=options.of, several=True
    )
    values = options.values(options.poi or loaded.fit.poi)
    patches = options.format == "pyhf" and len(values or ()) > 1
    names = [options.output, *([patchset_path(options.output)] if patches else [])]
    directory = options.format == "hepdata" and not archive_suffix(options.output)
    reads = (
        *card_files(options.card, loaded),
        *data_files(options.data),
        *auxiliary_files(options.auxiliary),
        *options.results,
    )
    writes = () if directory else tuple(Output(path=name, kind="export") for name in names)
    plan = FilePlan(reads=reads, writes=writes, force=options.force)
    checked = plan.check()

    from macros.exports import export_hepdata, export_pyhf, export_response
    from macros.merging import check_series
    from macros.studies import load_or_expect, open_inference

    found = load_or_expect(
        loaded,
        options.data,
        number=options.experiment,
        unit=options.unit,
        auxiliary=options.auxiliary,
        toy=options.toy,
        check_series=check_series,
    )
    case = open_inference(loaded, found, poi=options.poi)
    made: PyhfExport | ResponseExport | HepdataExport
    with plan.open(checked) as former:
        if options.format == "response":
            made = export_response(case, options.output, at=values, former=former)
        elif options.format == "hepdata":
            results, force = options.results, options.force
            made = export_hepdata(
                case, options.output, results=results, reads=reads, force=force, former=former
            )
        else:
            made = export_pyhf(case, options.output, at=values, former=former)
        if options.as_json:
            emit_json(made.document())
        else:
            _say(made, case)
    _warn_of_difference(made)


def _warn_of_difference(made: "PyhfExport | ResponseExport | HepdataExport") -> None:
    """Warn of a likelihood that HistFactory holds in another form."""
    from macros.exports import PyhfExport

    if isinstance(made, PyhfExport) and made.likelihood.difference.errors > _FAR:
        warn(
            f"HistFactory's expected counts differ by up to {made.likelihood.difference.errors:.2g} "
            "statistical errors of a bin from the fit's: compare an interval of both before you rely on it"
        )


def _check_output(options: CardExport) -> None:
    """Refuse a name and options that are not of the format."""
    suffixes = _SUFFIXES.get(options.format, ())
    if suffixes and options.output.suffix not in suffixes:
        ends = " or ".join(suffixes)
        raise typer.BadParameter(f"-o {options.output}: a file of {options.format} has to end in {ends}")
    if options.results and options.format != "hepdata":
        raise typer.BadParameter(f"--with is for hepdata, and the format is {options.format}")
    if options.at is not None and options.format == "hepdata":
        raise typer.BadParameter("--at is for pyhf and response: hepdata has the whole profile")


def _say(made: "PyhfExport | ResponseExport | HepdataExport", case: "Inference") -> None:
    """Say what was written."""
    from macros.exports import PyhfExport, ResponseExport

    if isinstance(made, PyhfExport):
        _say_pyhf(made, case)
    elif isinstance(made, ResponseExport):
        _say_response(made)
    else:
        tables = number_of(len(made.tables), "table")
        say(f"{made.file}: submission of {tables}: {', '.join(made.tables)}")


def _say_response(made: "ResponseExport") -> None:
    """Say what was written."""
    say(
        f"{made.file}: {number_of(len(made.histograms), 'histogram')}, with {made.parameter} = "
        f"{format_number(made.value)}: {', '.join(made.histograms)}"
    )


def _say_pyhf(made: "PyhfExport", case: "Inference") -> None:
    """Say what was written, what the reader has to do, and how close it is."""
    found, templates = made.likelihood, case.fitter.templates
    channels = number_of(len(templates.experiments), "channel")
    say(
        f"{made.files[0]}: workspace of {channels} with {number_of(templates.n_bins, 'bin')}, {made.observed}"
    )
    for file in made.files[1:]:
        say(f"{file}: patchset of {len(made.at or ())} values of {made.poi}")
    scale = "" if found.unit == 1 else f", for {made.poi} in units of {found.unit:g}"
    if made.at is not None:
        where = f"{format_number(made.at[0])}" if len(made.at) == 1 else "the value of each patch"
        say(f"{made.poi} is fixed at {where}")
    elif found.held:
        factor, square = found.held
        say(f"hold {factor}{scale} and {square}, its square, at the values of a scan; both are fixed now")
    else:
        say(f"parameter of interest: {found.poi or 'none, the counts do not depend on it'}{scale}")
    if found.kinds:
        say(f"modifiers: {', '.join(f'{name} {kind}' for name, kind in found.kinds.items())}")
    if made.exact:
        say("expected counts equal those of the fit to rounding")
        return
    at = ", ".join(f"{name} {pull:+g}" for name, pull in found.difference.pulls.items())
    say(
        f"expected counts within {format_number(found.difference.errors, 2)} statistical errors of a bin of "
        f"those of the fit, for pulls up to ±2 (the most at {at or 'nominal pulls'})"
    )
