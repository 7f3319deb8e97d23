"""Studies of the coverage of a card's intervals: prepared, run into a file, drawn, and judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.calibration import CALIBRATED, Calibration
from analysis.fits import Fitter
from analysis.pseudo_experiments import METHODS, check_part, check_weighted_methods, toy_branches
from analysis.settings import Keep, different_numbers, name_list
from analysis.studies import CoverageStudy, coverage
from detsim.event_files import Branch
from detsim.files import Former
from macros.card import Card
from macros.setup import open_fitter, template_sampling, using_threads, whole_number
from macros.studies.calibrations import open_calibration
from macros.studies.datasets import DataSets
from macros.studies.sum_files import write_coverage_sums
from macros.studies.toys import Columns, confidence_level, open_toys, toy_weights
from macros.terminal import Interrupted, command_line
from macros.words import audit_document, check_audit, check_failed

__all__ = ["Study", "judge_coverage", "open_study", "write_coverage"]


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study of the coverage of a card's intervals, ready to be run.

    Parameters
    ----------
    card : Card
        With a seed.
    fitter : Fitter
        Of the card.
    at : tuple of float
        True values of the parameter of interest.
    n_toys, first : int
        Pseudo-experiments of each, and the index of the first.
    methods : tuple of str
    level : float
    events : bool
    calibration : Calibration or None
    weights : DataSets or None
        Weighted data, whose weights and exposures the pseudo-experiments have.
    audit_of : int or None
        See `analysis.studies.coverage_study.coverage`.
    """

    card: Card
    fitter: Fitter
    at: tuple[float, ...]
    n_toys: int
    methods: tuple[str, ...]
    level: float
    events: bool
    calibration: Calibration | None
    weights: DataSets | None = None
    first: int = 0
    audit_of: int | None = None

    @property
    def branches(self) -> Mapping[str, Branch]:
        """Branches of its file."""
        return toy_branches(
            self.fitter,
            level=self.level,
            methods=self.methods,
            events=self.events,
            weighted=self.weights is not None,
        )

    def run(
        self,
        *,
        audit: int,
        on_toys: Callable[[Columns], None] | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> CoverageStudy:
        """Throw, fit and count; see `analysis.studies.coverage_study.coverage`."""
        card, settings = self.card, self.card.fit
        with using_threads(card.run.threads):
            return coverage(
                card.together if self.weights is None else self.weights.experiments,
                card.model,
                self.at,
                self.n_toys,
                seed=int(card.run.seed or 0),
                first=self.first,
                poi=settings.poi,
                level=self.level,
                methods=self.methods,
                likelihood=settings.likelihood,
                error_per_bin=settings.error_per_bin,
                sampling=template_sampling(card),
                events=self.events,
                drawn=settings.drawn,
                calibration=self.calibration,
                weights=toy_weights(self.weights, events=self.events),
                on_toys=on_toys,
                audit=whole_number("audit", audit),
                audit_of=self.audit_of,
                stopped=stopped,
            )


def open_study(
    card: Card,
    at: Sequence[float] | float,
    n_toys: int,
    *,
    methods: Sequence[str] | str | None,
    level: float | None,
    events: bool,
    table: Path | None,
    weights: DataSets | None = None,
    first: int = 0,
    audit_of: int | None = None,
) -> Study:
    """Prepare a study of coverage; see `Card.coverage`.

    Raises
    ------
    ValueError
        If a method needs thresholds and there is no table, or a true value is given twice or is not finite.
    """
    values = different_numbers("at", at)
    methods = methods if methods is None else name_list("methods", methods)
    if methods == []:
        raise ValueError("methods needs at least one name; None stands for all that can be had")
    if weights is not None and methods:
        check_weighted_methods(methods)
    chosen = tuple(dict.fromkeys(methods or (*METHODS, *(CALIBRATED if table else ()))))
    if not table and set(chosen) & set(CALIBRATED):
        raise ValueError(
            "feldman-cousins, calibrated and cls need thresholds: make them with `nugauge calibrate`, and "
            "give the table (--table FILE)"
        )
    if weights is not None and table is not None:
        raise ValueError("thresholds of a table are those of counts: give a table or weighted data, not both")
    toy_weights(weights, events=events)
    check_part(n_toys, first, audit_of)
    fitter = open_fitter(card, experiments=weights.experiments if weights else None)
    return Study(
        card=card,
        fitter=fitter,
        at=tuple(values),
        n_toys=whole_number("n_toys", n_toys, least=1),
        methods=chosen,
        level=confidence_level(card, level),
        events=events,
        calibration=open_calibration(card, fitter, table) if table else None,
        weights=weights,
        first=whole_number("first", first),
        audit_of=audit_of,
    )


def write_coverage(
    study: Study,
    path: Path | None,
    provenance: Mapping[str, Any],
    *,
    former: Former | None,
    audit: int | None,
    on_toys: Callable[[Columns], None],
    stopped: Callable[[], bool] = lambda: False,
    keep: Keep = "rows",
) -> CoverageStudy:
    """Run a study, and write the pseudo-experiments of the true values that are complete to a file.

    Parameters
    ----------
    study : Study
    path : Path or None
        None: no file.
    provenance : mapping
    former : mapping of Path to FileStamp or None
        What may be replaced, as for `detsim.files.atomic.WholeFile`.
    audit : int or None
        How many pseudo-experiments are fitted again; None: none, and the provenance stays as it is.
    on_toys : callable
        Called with every chunk.
    stopped : callable
        Whether to end after this chunk.
    keep : {"rows", "sums"}
        A row for each pseudo-experiment, or sums, whose size does not grow with them.
    """
    if path is None:
        return study.run(audit=audit or 0, on_toys=on_toys, stopped=stopped)
    compression, first = study.card.run.compression, study.first
    if keep == "sums":
        result = study.run(audit=audit or 0, on_toys=on_toys, stopped=stopped)
        if result.tallies:
            write_coverage_sums(
                path,
                result.tallies,
                {**provenance, **_found(study, result, audit)},
                parameter=result.parameter,
                first=first,
                compression=compression,
                former=former,
            )
        return result
    n = study.n_toys * len(study.at)
    with open_toys(path, study.branches, n, provenance, compression=compression, former=former) as table:

        def store(columns: Columns) -> None:
            table.extend(columns)
            on_toys(columns)

        result = study.run(audit=audit or 0, on_toys=store, stopped=stopped)
        if result.tallies:
            last = first + max(t.n_toys for t in result.tallies) - 1
            table.finish({"first": first, "last": last}, provenance=_found(study, result, audit))
        else:
            table.discard()
    return result


def _found(study: Study, result: CoverageStudy, audit: int | None) -> dict[str, Any]:
    """Say which toys the file of a study holds, of which true values, and what became of its audit."""
    ranges = [[study.first, study.first + tally.n_toys - 1] for tally in result.tallies]
    return {
        "at": [tally.value for tally in result.tallies],
        "ranges": ranges,
        "by_design": [list(tally.by_design) for tally in result.tallies],
        **({} if study.calibration is None else {"n_calibration": study.calibration.n_toys}),
        **({} if audit is None else {"audit": audit_document(result.audit)}),
    }


def judge_coverage(study: Study, result: CoverageStudy, output: Path | None, max_failed: float) -> None:
    """Say how to go on with a study that was stopped, and end one of which too many toys failed.

    Parameters
    ----------
    study : Study
        What was asked for.
    result : CoverageStudy
    output : Path or None
        The file.
    max_failed : float

    Raises
    ------
    Interrupted, RunError
    """
    if len(result.points) < len(study.at):
        raise Interrupted(_rest(study, result, output))
    n_failed = sum(p.n_failed for p in result.points)
    where = "they count as not covered" + (f", and {output} holds them" if output else "")
    check_failed(n_failed, len(study.at) * study.n_toys, max_failed, where=where)
    check_audit(result.audit, where=f"{output} holds all toys as they were fitted" if output else "")


def _rest(study: Study, result: CoverageStudy, output: Path | None) -> str:
    """Say which toys of a study that was stopped are left, and how they are made."""
    done, seed = len(result.points), study.card.run.seed
    begun = result.tallies[done] if output is not None and len(result.tallies) > done else None
    rest: list[dict[str, object]] = []
    if begun is not None:
        following = study.first + begun.n_toys
        rest.append({"--at": repr(begun.value), "--first": following, "-n": study.n_toys - begun.n_toys})
    left = study.at[done + (begun is not None) :]
    if left:
        first = study.first or None
        rest.append({"--at": ",".join(map(repr, left)), "--first": first, "-n": study.n_toys})
    holds = f", and {output} holds {sum(t.n_toys for t in result.tallies)} toys" if output else ""
    parts = [
        {"-o": output.with_name(f"{output.stem}-part-{i}{output.suffix}")} if output else {}
        for i in range(2, 2 + len(rest))
    ]
    commands = "; and ".join(
        command_line({"--seed": seed, **changes, **part}) for changes, part in zip(rest, parts, strict=True)
    )
    joined = ", which `nugauge merge` joins with it" if output else ""
    return f"{done} of {len(study.at)} true values are complete{holds}; for the others: {commands}{joined}"
