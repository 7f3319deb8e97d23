"""Figures of a card: counts, profile of the likelihood, pulls and impacts, limits, coverage."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.fits import FitResult, Impacts, LimitResult, unscaled
from analysis.histograms import from_counts
from macros.plots import (
    KINDS,
    CountsFigure,
    LimitFigure,
    Look,
    Panel,
    Picture,
    band_data,
    coverage_data,
    coverage_plot,
    impacts_data,
    impacts_plot,
    limit_plot,
    look,
    panels_of,
    picture_kind,
    profile_plot,
    read_style,
    scan_data,
    write_figure,
)
from macros.studies.inference import Inference

if TYPE_CHECKING:
    from analysis.studies import CoverageStudy
    from detsim.expectation import Expectation
    from macros.card import Card

__all__ = [
    "case_note",
    "counts_picture",
    "coverage_picture",
    "draw_coverage",
    "expectation_picture",
    "expected_limit_picture",
    "fitted_counts",
    "impacts_picture",
    "limit_picture",
    "profile_picture",
]

Array = NDArray[np.float64]

FIT_LEVEL = 0.683
"""Confidence level that a picture of the profile shows beside those of the fit and of the card's limit."""
_N_POINTS = 201
_MARGIN = 0.35
"""Of the parameter around a limit, in distances of the limit from the estimate."""


def case_note(case: Inference) -> str:
    """Say which card and model are shown, and of which kind the data are."""
    return f"{case.card.name}: {case.card.model.label}; {case.kind} data"


def _fit_name(case: Inference) -> str:
    """Name the fit by its model, and by the free parameter where the model is usually without it."""
    poi = case.fitter.templates.poi
    free = "" if poi == "gamma" else f" with {poi} free"
    return f"fit of {case.card.model.label}{free}"


def fitted_counts(case: Inference, result: FitResult) -> Array | None:
    """Compute the counts at the estimates of a fit, shape (n_bins,); None if it has none."""
    if not result.valid or any(e.value is None for e in result.parameters.values()):
        return None
    templates = unscaled(case.fitter).templates
    poi, *others = [float(e.value) for e in result.parameters.values() if e.value is not None]
    pulls = [n.pull(value) for n, value in zip(templates.nuisances, others, strict=True)]
    return templates.expected(poi, pulls)


def counts_picture(case: Inference, result: FitResult | None = None, *, axis: str | None = None) -> Picture:
    """Show the data of all experiments, what the standard model expects, and the fit, if there is one.

    Without data those that the card's model expects are shown (Asimov).

    Parameters
    ----------
    case : Inference
    result : FitResult, optional
    axis : {"energy", "distance"}, optional
        Only the panels along it.
    """
    from detsim.expectation import predict

    fitted = None if result is None else fitted_counts(case, result)
    experiments = case.fitter.templates.experiments
    exact, errors = case.exact, unscaled(case.fitter).errors
    panels: list[Panel] = []
    start = 0
    for i, experiment in enumerate(experiments):
        bins = slice(start, start + experiment.detector.n_bins)
        start, distance = bins.stop, experiment.detector.distance
        panels += panels_of(
            experiment.name,
            from_counts(exact[bins], experiment) if case.data is None else case.data.sets[i].histogram,
            predict(experiment, case.card.model.standard()),
            distance_edges=None if distance is None else distance.edges,
            fitted=None if fitted is None else fitted[bins],
            errors=errors[bins] if len(errors) else None,
        )
    note = [case_note(case)]
    if result is not None and result.quality is not None:
        of_fit = result.quality
        p = "" if of_fit.p_value is None else f", p = {of_fit.p_value:.3g}"
        bins_text = f"{case.fitter.templates.n_bins} bins, {of_fit.ndof} degrees of freedom"
        kind = "χ²" if result.likelihood == "paper" else "deviance"
        note.append(f"fit: {kind} {of_fit.fval:.4g} for {bins_text}{p}")
    figure = CountsFigure(
        panels=tuple(panel for panel in panels if axis in {None, panel.axis}),
        title=f"Counts of {case.card.name}",
        expected="standard model",
        fitted=_fit_name(case),
        data=f"{case.kind} data",
        note=tuple(note),
    )
    return Picture(draw=figure.draw, data=figure.numbers())


def expectation_picture(card: "Card", expected: "Expectation") -> Picture:
    """Show the counts that a card with one experiment expects."""
    distance = card.experiment.detector.distance
    panels = panels_of(
        card.experiment.name, None, expected, distance_edges=None if distance is None else distance.edges
    )
    figure = CountsFigure(
        panels=panels,
        title=f"Expected counts of {card.name}",
        expected=card.model.label,
        note=(f"{card.name}: {card.model.label}; expected (Asimov) counts, by quadrature",),
    )
    return Picture(draw=figure.draw, data=figure.numbers())


def impacts_picture(case: Inference, result: FitResult, impacts: Impacts) -> Picture:
    """Show pulls of nuisance parameters, and their impacts on the parameter of interest.

    Raises
    ------
    ValueError
        If there are none.
    """
    if not impacts.impacts:
        reason = impacts.reason or "the card has no nuisance parameters"
        raise ValueError(f"{reason}, and there are no impacts to be drawn")
    note = (case_note(case),)
    return Picture(
        draw=partial(impacts_plot, impacts, result, note=note),
        data=impacts_data(impacts, result, note=note),
    )


def profile_picture(
    case: Inference,
    result: FitResult,
    at: Any = None,
    *,
    limit: LimitResult | None = None,
) -> Picture:
    """Show the profile likelihood of a fit, with its interval, and a limit if one is given."""
    note = (case_note(case),)
    scan, levels = case.profile(result, at), (FIT_LEVEL, case.card.fit.limit_level)
    draw = partial(profile_plot, scan.points, scan.delta, fit=result, limit=limit, note=note, levels=levels)
    return Picture(draw=draw, data=scan_data(scan, result, note=note))


def limit_picture(case: Inference, limit: LimitResult) -> Picture:
    """Show a limit: of data the statistic and its threshold; without data, or with a band, the band."""
    if case.data is None or limit.band is not None:
        return expected_limit_picture(case, limit, observed=None if case.data is None else limit)
    note = (case_note(case),)
    points = _limit_points(case, limit)
    likelihood = case.likelihood
    values = likelihood.profile(points)[0]
    _, depths = case.fitter.physical_minima(likelihood)
    floor = min(float(np.nanmin(values)), *(float(d) for d in depths[:1]))
    figure = LimitFigure(
        limit=limit, points=points, delta=values - floor, physical=case.fitter.physical, note=note
    )
    return Picture(draw=figure.draw, data=figure.numbers())


def expected_limit_picture(
    case: Inference, expected: LimitResult, *, observed: LimitResult | None = None
) -> Picture:
    """Show an expected limit with its band, and the limit of data beside it."""
    note = (case_note(case),)
    shown = expected
    if observed is not None:
        shown = replace(expected, upper=observed.upper, mc_error=observed.mc_error)
    draw = partial(limit_plot, shown, observed=observed is not None, note=note)
    upper = None if observed is None else observed.upper
    return Picture(draw=draw, data=band_data(expected, observed=upper, note=note))


def coverage_picture(study: "CoverageStudy", card: "Card", *, changed: Sequence[str] = ()) -> Picture | None:
    """Show a coverage study; None where no true value is complete.

    Parameters
    ----------
    study : CoverageStudy
    card : Card
    changed : sequence of str
        What of the card was overridden, as `--set` states it; the caption names it.
    """
    if not study.points:
        return None
    note = [f"{card.name}: {card.model.label}; simulated counts of pseudo-experiments"]
    note += [f"card changed: {', '.join(changed)}"] if changed else []
    return Picture(draw=partial(coverage_plot, study, note=note), data=coverage_data(study, note=note))


def draw_coverage(
    card: "Card", study: "CoverageStudy", paths: Sequence[Path], style: str | None
) -> list[str]:
    """Draw a coverage study as pictures with their numbers; see `Card.figure`.

    Raises
    ------
    ValueError
        If no true value is complete, no picture is named, a name is not that of one, or the style is wrong.
    """
    wrong = next((path for path in paths if picture_kind(path) not in KINDS), None)
    if not paths or wrong is not None:
        got = "none" if wrong is None else str(wrong)
        raise ValueError(f"names of pictures end in .pdf, .png or .svg, got {got}")
    picture = coverage_picture(study, card)
    if picture is None:
        raise ValueError("no true value of this study is complete: there is nothing to be drawn")
    with look(Look(parameters=read_style(style) if style is not None else {})):
        return write_figure(paths, picture.draw(), picture.data)


def _limit_points(case: Inference, limit: LimitResult) -> Array:
    """Choose values of the parameter that show the regions, the limit and what is expected."""
    low, high = case.fitter.physical
    parameters, _ = case.fitter.physical_minima(case.likelihood)
    ends = [end for region in limit.regions for end in region]
    ends += [limit.upper, limit.asimov, *(float(p[0]) for p in parameters[:1])]
    ends += [t.value for t in limit.thresholds or ()]
    finite = [e for e in ends if e is not None and np.isfinite(e)] or [case.fitter.anchor]
    span = max(finite) - min(finite) or 5 * case.fitter.width
    first, last = max(min(finite) - _MARGIN * span, low), min(max(finite) + _MARGIN * span, high)
    return np.linspace(first, last, _N_POINTS)
