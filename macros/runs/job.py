"""The main job: simulate, histogram, and report; and the report of any data."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import hist

from analysis.batch import are_fits_compiled
from analysis.histograms import from_counts
from analysis.pseudo_experiments import Thrower, are_throws_compiled
from detsim.event_files import EventFile
from macros.card import Card
from macros.plots import Look, load_drawing
from macros.runs.production import Production, produce
from macros.runs.reports import FILES, Analysis, analyse, write_files, write_histograms
from macros.setup import file_histogram, foreign_report, foreign_run, whole_directory
from macros.studies import EXPECTED, DataSets, LimitOptions, open_inference
from macros.terminal import Progress, format_number
from macros.words import experiment_rows
from simgen.second_process import Submit, done_here, has_second_process, second_process

__all__ = ["ReportResult", "RunResult", "report_data", "run_job"]

_PLAIN = Look()
_N_BAND = 2000
"""Pseudo-experiments of the expected band of a run."""
_SAVED_HISTOGRAM = "Simulated events per bin"


@dataclass(frozen=True, kw_only=True)
class ReportResult:
    """What a report of data made.

    Parameters
    ----------
    directory : Path
    files : dict of str to str
        Names in the directory, by what they are.
    analysis : Analysis
    """

    directory: Path
    files: dict[str, str]
    analysis: Analysis

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        return {"directory": str(self.directory), "files": self.files, **self.analysis.document()}


@dataclass(frozen=True, kw_only=True)
class RunResult(ReportResult):
    """What a run made.

    Parameters
    ----------
    directory, files, analysis
        As for `ReportResult`.
    production : Production
    """

    production: Production

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        events = str(self.directory / self.files["events"])
        simulated = {**self.production.document(), "file": events, "files": [events]}
        return {**super().document(), "data": events, "simulation": simulated}


def report_data(
    card: Card,
    data: DataSets,
    directory: Path,
    options: LimitOptions,
    *,
    poi: str | None = None,
    n_goodness: int = 0,
    force: bool = False,
    reads: Sequence[Path] = (),
    command: Sequence[str] = (),
    style: Look = _PLAIN,
    progress: Progress,
    stopped: Callable[[], bool] = lambda: False,
) -> ReportResult:
    """Analyse data of a card and write the report, with its files.

    Parameters
    ----------
    card : Card
        With a seed, if anything is drawn.
    data : DataSets
    directory : Path
        Made whole or not at all.
    options : LimitOptions
    poi : str, optional
        Parameter of interest instead of the card's.
    n_goodness : int
        Pseudo-experiments for the goodness of fit.
    force : bool
        Replace a former report that is there.
    reads : sequence of Path
        Files that are read, none of which may be in what is replaced.
    command : sequence of str
        The words of a command line that makes the report again.
    style : Look
        Of the PDF figures.
    progress, stopped
        As for `analyse`.
    """
    case = open_inference(card, data, poi=poi)
    names = set(FILES.values())
    with (
        whole_directory(directory, names, force=force, reads=reads, foreign=foreign_report) as staging,
        second_process() as submit,
    ):
        submit(load_drawing)
        found = analyse(case, options, n_goodness=n_goodness, progress=progress, stopped=stopped)
        source = case.source
        text = (
            source if isinstance(source, str) else ", ".join(f"{k}: {v}" for k, v in (source or {}).items())
        )
        files = write_files(
            staging, found, submit, source=text, command=command, style=style, progress=progress
        )
    return ReportResult(directory=directory, files=files, analysis=found)


def run_job(
    card: Card,
    directory: Path,
    *,
    force: bool = False,
    reads: Sequence[Path] = (),
    command: Sequence[str] = (),
    progress: Progress,
) -> RunResult:
    """Do the main job of a card: simulate its exposure, and report the events as data.

    Parameters
    ----------
    card : Card
        With a seed.
    directory, force, reads, command
        As for `report_data`.
    progress : callable
        Shows what is done: see `macros.terminal.progress`.
    """
    if card.run.seed is None:
        raise ValueError("a run needs a seed")
    names, seed = set(FILES.values()), card.run.seed
    with (
        whole_directory(directory, names, force=force, reads=reads, foreign=foreign_run) as staging,
        _beside(card, progress) as ready,
    ):
        made = produce(card, staging / FILES["events"], seed=seed, progress=progress)
        submit = ready()
        data = _histogram(card, staging / FILES["events"])
        found = analyse(
            open_inference(card, data), LimitOptions(n_toys=_N_BAND), n_goodness=0, progress=progress
        )
        write_histograms(staging, data, from_counts(found.predictions[0].with_flow, card.experiment))
        files = write_files(
            staging,
            found,
            submit,
            source=f"events.root, simulated with seed {card.run.seed}",
            command=command,
            style=_PLAIN,
            progress=progress,
            made=[_made(made)],
        )
    return RunResult(directory=directory, files=files, analysis=found, production=made)


@contextmanager
def _beside(card: Card, progress: Progress) -> Iterator[Callable[[], Submit]]:
    """Have a second process, which loads what draws, and in a first run compiles what the fit needs before.

    Yields
    ------
    callable
        Waits until what the fit needs is on disk; it compiles here, beside the other process, what that one
        has not begun, and what the report needs. It returns what hands the drawing to the process that has
        loaded what draws: this one, if the other one still compiles when nothing is left to be compiled here.
    """
    compiles = has_second_process() and not are_fits_compiled()
    if compiles:  # what both processes need
        with progress("compiling", None, "functions"), _untold():
            open_inference(card, EXPECTED)
    with ExitStack() as stack:
        submit = stack.enter_context(second_process())
        if compiles:
            fitted = submit(partial(_fit_expectation, card))
            analysed = submit(partial(_analyse_expectation, card))
        submit(load_drawing)

        def ready() -> Submit:
            draws_here = False
            with progress("compiling the fit", None, "functions"), _untold():
                throws_elsewhere = are_throws_compiled()
                if not throws_elsewhere:
                    Thrower(fitter=open_inference(card, EXPECTED).fitter, seed=0).block(0, 1)
                for experiment in card.experiments:
                    experiment_rows(card if len(card.experiments) == 1 else card.of(experiment.name))
                draws_here = not are_fits_compiled()
                if draws_here:
                    load_drawing()
                (analysed if throws_elsewhere else fitted)()
            if not draws_here:
                return submit
            stack.close()  # it would load the same
            return done_here

        yield ready if compiles else lambda: submit


@contextmanager
def _untold() -> Iterator[None]:
    """Say nothing of what is wrong: the fit of the data will."""
    with warnings.catch_warnings(action="ignore"), suppress(Exception):
        yield


def _fit_expectation(card: Card) -> None:
    """Fit the expectation of a card, as a toy is fitted."""
    fitter = open_inference(card, EXPECTED).fitter
    fitter.batch.fit(Thrower(fitter=fitter, seed=0).expected[None], fitter.nominal[None])


def _analyse_expectation(card: Card) -> None:
    """Do with the expectation of a card what a run does with its data, unless the first process has begun."""
    if are_throws_compiled():
        return
    case = open_inference(card, EXPECTED)
    case.limit(LimitOptions(n_toys=_N_BAND))
    case.impacts(case.fit())


def _made(made: Production) -> str:
    """Say how events were simulated, and how they compare with quadrature."""
    written = f"{made.n_written} events were recorded of {made.n_generated} drawn"
    compared = made.comparison
    if compared is None or compared.p_value is None:
        return (
            f"{written}; {format_number(made.expected, 6)} are expected, too few for a χ² against quadrature."
        )
    return (
        f"{written}; {format_number(made.expected, 6)} are expected by quadrature, and χ² = "
        f"{format_number(compared.chi2)} for {compared.ndof} bins, those outside of the analysis included, "
        f"p = {format_number(compared.p_value)}."
    )


def _histogram(card: Card, path: Path) -> hist.Hist[Any]:
    """Fill the histogram from the file, so that it is the file's; its label says that it is simulated."""
    with EventFile(path) as file:
        h = file_histogram(file, card.experiment)
    h.label = _SAVED_HISTOGRAM
    return h
