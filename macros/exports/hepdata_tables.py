"""Results of a fit as tables of HEPData: columns with bins, units, errors and qualifiers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np

from analysis.fits import FitResult, LimitResult, ProfileScan, unscaled
from macros.studies import Inference, fitted_counts

__all__ = ["Column", "HepTable", "result_tables"]

Value = float | str | tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A variable of a table.

    Parameters
    ----------
    name : str
    values : sequence of float, str or (float, float)
        Pairs are the ends of bins.
    unit : str
    independent : bool
    errors : sequence of (str, sequence)
        Label and values of each error; a value is a number, a pair below and above, or None.
    qualifiers : sequence of (str, str)
    """

    name: str
    values: Sequence[Value]
    unit: str = ""
    independent: bool = False
    errors: Sequence[tuple[str, Sequence[Any]]] = ()
    qualifiers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HepTable:
    """A table of a submission.

    Parameters
    ----------
    name : str
    description : str
    columns : sequence of Column
        Independent ones first.
    """

    name: str
    description: str
    columns: Sequence[Column]


def result_tables(
    case: Inference, result: FitResult, scan: ProfileScan, limit: LimitResult
) -> list[HepTable]:
    """Make the tables of the fit of a card: spectra, estimates, profile and limit."""
    tables = [_spectrum(case, result, e) for e in range(len(case.fitter.templates.experiments))]
    if result.valid:
        tables.append(_estimates(case, result))
    known = np.isfinite(scan.delta)
    tables.append(
        HepTable(
            name="Profile",
            description=f"-2 ln L above its minimum, minimised over {', '.join(scan.nuisances) or 'nothing'}",
            columns=(
                Column(name=scan.parameter, values=scan.points[known].tolist(), independent=True),
                Column(name="-2 Delta ln L", values=scan.delta[known].tolist(), qualifiers=_about(case)),
            ),
        )
    )
    return [*tables, *_limit(case, limit)]


def _about(case: Inference) -> tuple[tuple[str, str], ...]:
    return ("model", case.card.model.label), ("data", case.kind)


def _spectrum(case: Inference, result: FitResult, e: int) -> HepTable:
    """Make the table of the bins of an experiment: data, expectation, that of the fit, backgrounds."""
    t = unscaled(case.fitter).templates
    experiment, bins = t.experiments[e], t.bins[e]
    energies = list(pairwise(map(float, experiment.detector.edges)))
    distance = experiment.detector.distance
    about = _about(case)
    columns = []
    if distance is not None:
        both = list(product(pairwise(map(float, distance.edges)), energies))
        columns.append(Column(name="L_reco", unit="cm", values=[L for L, _ in both], independent=True))
        energies = [T for _, T in both]
    columns.append(Column(name="T_reco", unit="MeV", values=energies, independent=True))
    if case.data is not None:
        h = case.data.sets[e].histogram
        counts = np.ravel(h.values()).tolist()
        errors = np.sqrt(np.ravel(np.asarray(h.variances(), np.float64))).tolist()
        columns.append(Column(name="events", values=counts, errors=(("stat", errors),), qualifiers=about))
    model = t.expected(case.fitter.truth)[bins].tolist()
    columns.append(Column(name="expected events", values=model, qualifiers=about))
    fitted = fitted_counts(case, result)
    if fitted is not None:
        columns.append(
            Column(name="events expected by the fit", values=fitted[bins].tolist(), qualifiers=about)
        )
    for background, layers in zip(experiment.backgrounds, t.backgrounds[e], strict=True):
        columns.append(Column(name=f"background {background.name}", values=layers[0].tolist()))
    several = len(t.experiments) > 1
    return HepTable(
        name=f"Spectrum {experiment.name}"[:64] if several else "Spectrum",
        description=f"Events of {experiment.name} in bins of the measured energy. {case.card.model.label} "
        "expects with nominal nuisance parameters, the fit with fitted ones",
        columns=columns,
    )


def _estimates(case: Inference, result: FitResult) -> HepTable:
    found = {name: e for name, e in result.parameters.items() if e.value is not None}
    values = [float(e.value or 0.0) for e in found.values()]
    intervals = [
        None if e.lower is None or e.upper is None else (e.lower - value, e.upper - value)
        for e, value in zip(found.values(), values, strict=True)
    ]
    label = f"{result.method}, {100 * result.level:g} %"
    errors = ((label, intervals),) if any(intervals) else ()
    return HepTable(
        name="Estimates",
        description=f"Fitted parameters with intervals of {100 * result.level:g} % by {result.method}; no "
        f"interval where an end is open. -2 ln L/L_saturated is {result.fval:.6g} with {result.ndof} degrees "
        "of freedom",
        columns=(
            Column(name="parameter", values=list(found), independent=True),
            Column(name="estimate", values=values, errors=errors, qualifiers=_about(case)),
        ),
    )


def _limit(case: Inference, limit: LimitResult) -> list[HepTable]:
    """Make the table of the limit, and that of the allowed regions if there are several."""
    percent = f"{100 * limit.level:g}"
    about = (*_about(case), ("method", limit.method), ("-2 Delta ln L", f"{limit.delta_chi2:.4f}"))
    upper = "none" if limit.upper is None else limit.upper
    columns = [
        Column(name="confidence level", unit="%", values=[100 * limit.level], independent=True),
        Column(name=f"upper limit on {limit.parameter}", values=[upper], qualifiers=about),
    ]
    if limit.M_Zprime_GeV is not None:
        columns.append(Column(name="lower limit on M_Z'", unit="GeV", values=[limit.M_Zprime_GeV]))
    if limit.asimov is not None and case.counts is not None:
        columns.append(Column(name="expected upper limit (exact data)", values=[limit.asimov]))
    tables = [
        HepTable(
            name="Limit",
            description=f"Upper limit on {limit.parameter} at {percent} %, {limit.method}",
            columns=columns,
        )
    ]
    if limit.n_regions > 1:
        ends = [["none" if end is None else end for end in region] for region in limit.regions]
        names = (f"lower end of {limit.parameter}", f"upper end of {limit.parameter}")
        tables.append(
            HepTable(
                name="Allowed regions",
                description=f"All values of {limit.parameter} allowed at {percent} %, {limit.method}",
                columns=(
                    Column(name="region", values=list(range(1, len(ends) + 1)), independent=True),
                    *(
                        Column(name=name, values=[region[k] for region in ends], qualifiers=about)
                        for k, name in enumerate(names)
                    ),
                ),
            )
        )
    return tables
