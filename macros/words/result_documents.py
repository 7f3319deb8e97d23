"""Results of fits, limits and studies as the JSON documents that other programs rely on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from analysis.fits import FitResult, LimitResult
from analysis.model import WeightCheck
from analysis.studies import GLOBAL_FIT_LEVEL, CoverageStudy, GoodnessOfFit, Sensitivity
from detsim.expectation import Expectation
from macros.card import Card
from macros.words.audits import audit_document
from macros.words.calibrations import few_toys_warnings
from macros.words.coverage_verdicts import table_warnings, verdict_document
from macros.words.details import details_document
from macros.words.fit_description import estimate_document, other_minima_document, quality_document

__all__ = [
    "band_document",
    "coverage_document",
    "expectation_document",
    "fit_document",
    "goodness_document",
    "limit_document",
    "sensitivity_document",
    "weights_document",
]

_SIGMAS = ("-2", "-1", "0", "1", "2")
"""Names of the quantiles of a band: standard deviations of a normal distribution."""


def expectation_document(expected: Expectation, card: Card) -> dict[str, Any]:
    """Return the keys of an expectation; with bins of the distance, a list of counts for each of them."""
    distance = card.experiment.detector.distance
    shape = (-1,) if distance is None else (distance.n_bins, -1)
    return {
        **({} if distance is None else {"distance_edges": list(distance.edges)}),
        "edges": expected.edges,
        "expected": expected.counts.reshape(shape),
        "signal": expected.signal[1:-1].reshape(shape),
        "background": expected.background[1:-1].reshape(shape),
        "underflow": expected.with_flow[0],
        "overflow": expected.with_flow[-1],
        "total": expected.counts.sum(),
        "unbinned_total": expected.unbinned_total,
        "model": card.model.label,
        "parameters": card.model.parameters,
    }


def fit_document(result: FitResult) -> dict[str, Any]:
    """Return the keys of a fit."""
    return {
        "parameters": {name: estimate_document(estimate) for name, estimate in result.parameters.items()},
        "poi": result.poi,
        "level": result.level,
        "method": result.method,
        "likelihood": result.likelihood,
        "valid": result.valid,
        "reason": result.reason,
        "failure": result.failure or None,
        "fval": result.fval,
        "other_minima": other_minima_document(result),
        "disagreement": result.disagreement,
        "undetermined": [list(group) for group in result.undetermined],
        "ndof": result.ndof,
        "quality": quality_document(result.quality),
        "weighted": result.weighted,
        "effective_counts": result.effective_counts,
        "weights": weights_document(result.weights),
        **details_document(result),
    }


def weights_document(found: WeightCheck | None) -> dict[str, Any] | None:
    """Return the keys of effective counts, or None for counts."""
    if found is None:
        return None
    return {
        "n_effective": found.n_effective,
        "bias": found.bias,
        "few": found.few,
        "worst_bins": [{"bin": where, "effective_counts": n} for where, n in found.worst_bins],
        "warning": found.warning,
    }


def goodness_document(found: GoodnessOfFit | None) -> dict[str, Any] | None:
    """Return the keys of a goodness of fit, or None."""
    return None if found is None else asdict(found)


def band_document(
    band: Sequence[float], errors: Sequence[float | None], origin: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the keys of the band of an expected limit whose toys stand in a file.

    Parameters
    ----------
    band, errors : sequence of float
        Limits at -2 ... +2 σ and their statistical errors.
    origin : mapping
        Provenance of the file.
    """
    exact = origin["exact"]
    return {
        "parameter": exact["parameter"],
        "level": origin["level"],
        "method": origin["method"],
        "delta_chi2": exact["delta_chi2"],
        "upper": exact["upper"],
        "band": dict(zip(_SIGMAS, band, strict=True)),
        "band_errors": dict(zip(_SIGMAS, errors, strict=True)),
    }


def limit_document(result: LimitResult) -> dict[str, Any]:
    """Return the keys of a limit."""
    names = _SIGMAS
    return {
        "parameter": result.parameter,
        "level": result.level,
        "method": result.method,
        "delta_chi2": result.delta_chi2,
        "upper": result.upper,
        "M_Zprime_GeV": result.M_Zprime_GeV,
        "n_regions": result.n_regions,
        "regions": [list(region) for region in result.regions],
        "undetermined": [list(group) for group in result.undetermined],
        "band": dict(zip(names, result.band, strict=True)) if result.band else None,
        "band_errors": dict(zip(names, result.band_errors, strict=True)) if result.band_errors else None,
        "asimov": result.asimov,
        "quality": quality_document(result.quality),
        "weighted": result.weighted,
        "effective_counts": result.effective_counts,
        "weights": weights_document(result.weights),
        "mc_error": result.mc_error,
        "regions_mc_error": result.regions_mc_error and [list(pair) for pair in result.regions_mc_error],
        "thresholds": result.thresholds and [asdict(row) for row in result.thresholds],
        "audit": audit_document(result.audit),
        "warnings": few_toys_warnings(result.n_calibration, result.level),
    }


def coverage_document(study: CoverageStudy) -> dict[str, Any]:
    """Return the keys of a coverage study."""
    points = []
    for p in study.points:
        methods = {
            name: {
                "covered": m.covered,
                "fraction": m.fraction,
                "low": m.low,
                "high": m.high,
                "verdict": m.verdict,
                "over_by_design": m.over_by_design,
                "n_calibration": m.n_calibration,
            }
            for name, m in p.methods.items()
        }
        points.append(
            {
                "value": p.value,
                "n_toys": p.n_toys,
                "n_failed": p.n_failed,
                "n_retried": p.n_retried,
                "bias": p.bias,
                "bias_error": p.bias_error,
                "pull_mean": p.pull_mean,
                "pull_width": p.pull_width,
                "methods": methods,
            }
        )
    return {
        "parameter": study.parameter,
        "level": study.level,
        "points": points,
        "study_verdict": verdict_document(study),
        "audit": audit_document(study.audit),
        "warnings": table_warnings(study),
    }


def sensitivity_document(result: Sensitivity) -> dict[str, Any]:
    """Return the keys of a sensitivity."""
    return {
        "model": result.model,
        "parameter": result.parameter,
        "delta_chi2": result.delta_chi2,
        "errors": list(result.errors),
        "limit": list(result.limit),
        "M_Zprime_GeV": list(result.M_Zprime_GeV),
        "truth": list(result.truth),
        "level": result.level,
        "method": result.method,
        "global_fit": result.global_fit,
        "global_fit_level": None if result.global_fit is None else GLOBAL_FIT_LEVEL,
    }
