"""Results of fits, limits and studies as text for a person."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.fits import FitResult, LimitResult
from analysis.studies import GLOBAL_FIT_LEVEL, CoverageStudy, GoodnessOfFit, Sensitivity
from macros.terminal import format_number, number_of, print_table, say, warn
from macros.words.audits import say_audit
from macros.words.coverage_verdicts import level_line, verdict_lines
from macros.words.fit_description import (
    band_texts,
    end_text,
    fit_notes,
    interval_text,
    name_with_unit,
    undetermined_text,
)

__all__ = [
    "bias_lines",
    "coverage_table",
    "say_band",
    "say_coverage",
    "say_fit",
    "say_goodness",
    "say_limit",
    "say_sensitivity",
]


def say_fit(result: FitResult) -> None:
    """Write a fit for a person."""
    rows = [
        (name_with_unit(name), *(format_number(x) for x in (e.value, e.error)), interval_text(e))
        for name, e in result.parameters.items()
    ]
    method = {"minos": "MINOS", "hesse": "Hesse"}[result.method]
    print_table(("parameter", "value", "Hesse error", f"{method} {100 * result.level:g} %"), rows)
    kind = "χ²" if result.likelihood == "paper" else "deviance"
    say(f"{kind} {format_number(result.fval)} for {result.ndof} degrees of freedom")
    for text in fit_notes(result):
        say(text)
    for group in result.undetermined:
        say(undetermined_text(group))
    if result.disagreement is not None:
        say(
            f"warning: two searches for the minimum differ by {format_number(result.disagreement, 2)} "
            "errors; the deeper is quoted"
        )
    _say_weighted(result)
    if not result.valid:
        say(f"not valid: {result.reason}")


def say_goodness(found: GoodnessOfFit | None) -> None:
    """Write a goodness of fit for a person, if there is one."""
    if found is None:
        return
    asymptotic = format_number(found.p_asymptotic)
    failed = f", {found.n_failed} failed" if found.n_failed else ""
    say(
        f"goodness of fit: p = {format_number(found.p_value)} ± {format_number(found.p_error, 2)} from "
        f"{number_of(found.n_toys, 'toy')}{failed}; {asymptotic} as a χ² of {found.ndof} degrees of freedom"
    )


def say_band(document: Mapping[str, Any]) -> None:
    """Write the document of a band for a person."""
    found = band_texts(tuple(document["band"].values()), tuple(document["band_errors"].values()))
    which = f"{document['parameter']}, {100 * document['level']:g} % {document['method']}"
    say(f"expected limit on {which}, from exact data of the model: {format_number(document['upper'])}")
    say(f"expected median: {found[2]}")
    say(f"expected band at -2 … +2 σ: {', '.join(found)}")


def say_limit(result: LimitResult) -> None:
    """Write a limit for a person."""
    which = f"{100 * result.level:g} % {result.method} (Δχ² = {result.delta_chi2:.4f})"
    if result.n_regions > 1:
        say(f"{result.n_regions} regions of {result.parameter} are allowed: {_regions(result)}")
    spread = "" if result.mc_error is None else f" ± {format_number(result.mc_error, 2)} (toys)"
    if result.upper is None:
        say(f"no upper limit on {result.parameter} at {which}")
    else:
        mass = result.M_Zprime_GeV
        heavier = f", M_Z' > {mass:.4g} GeV" if mass else ""
        end = " (upper end of the highest region)" if result.n_regions > 1 else ""
        say(f"{result.parameter} < {format_number(result.upper)}{spread} at {which}{end}{heavier}")
    if result.asimov is not None and result.asimov != result.upper:
        say(f"expected from exact data of the model: {format_number(result.asimov)}")
    if result.band:
        ends_of_band = band_texts(result.band, result.band_errors)
        say(f"expected median: {ends_of_band[2]}")
        say(f"expected band at -2 … +2 σ: {', '.join(ends_of_band)}")
        say_audit(result.audit)
    two_sided = result.method in {"two-sided", "feldman-cousins"}
    if result.n_regions < 2:
        say(f"allowed: {_regions(result)}")
    if not two_sided and (result.upper is not None or result.n_regions > 1):
        say("the limit is one-sided: it excludes no value below the estimate")
    for group in result.undetermined:
        say(undetermined_text(group))
    _say_weighted(result)


def _regions(result: LimitResult) -> str:
    """Write the regions that are allowed."""
    ends = [f"[{', '.join(end_text(end, math.inf) for end in pair)}]" for pair in result.regions]
    return " and ".join(ends) or "nothing"


def _say_weighted(result: FitResult | LimitResult) -> None:
    if result.effective_counts is not None:
        worth = format_number(sum(result.effective_counts))
        say(f"weighted data: (Σw)²/Σw² = {worth} effective counts in the bins")
    if result.weights is not None and result.weights.warning:
        warn(result.weights.warning)


def say_coverage(study: CoverageStudy) -> None:
    """Write a coverage study for a person."""
    print_table(*coverage_table(study))
    for line in (level_line(study), *verdict_lines(study)):
        say(line)
    for line in bias_lines(study):
        say(line)
    retried = sum(p.n_retried for p in study.points)
    if retried:
        say(
            f"{number_of(retried, 'toy')} {'was' if retried == 1 else 'were'} fitted by MINUIT, because the "
            "compiled fit did not converge"
        )
    say_audit(study.audit, reached=study.audit_reached)


def coverage_table(study: CoverageStudy) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return head and rows of the table of a coverage study."""
    rows: list[tuple[str, ...]] = []
    for p in study.points:
        for name, m in p.methods.items():
            interval = f"[{m.low:.4f}, {m.high:.4f}]"
            verdict = f"{m.verdict} by design" if m.verdict == "over" and m.over_by_design else m.verdict
            rows.append((f"{p.value:g}", name, f"{m.fraction:.4f}", interval, verdict, str(p.n_failed)))
    return (study.parameter, "method", "coverage", "99.7 %", "verdict", "failed"), rows


def bias_lines(study: CoverageStudy) -> list[str]:
    """Write bias and pulls of the estimates at each true value."""
    return [
        f"{study.parameter} = {p.value:g}: bias {format_number(p.bias)} ± "
        f"{format_number(p.bias_error, 2)}, pulls {format_number(p.pull_mean)} ± "
        f"{format_number(p.pull_width)}"
        for p in study.points
    ]


def say_sensitivity(result: Sensitivity, *, head: str, points: Sequence[float] | Sequence[str]) -> None:
    """Write limits against errors or against a key of the card."""
    rows = [
        (
            p if isinstance(p, str) else f"{p:.4g}",
            format_number(limit),
            format_number(mass) if mass else "–",
        )
        for p, limit, mass in zip(points, result.limit, result.M_Zprime_GeV, strict=True)
    ]
    print_table((head, f"{result.parameter} <", "M_Z' > [GeV]"), rows)
    if result.level is None or result.method is None:
        say(f"{result.model}; each limit at the level and with the method of its point")
    else:
        at = f"limits at {100 * result.level:g} % {result.method}"
        say(f"{result.model}, {at} (Δχ² = {result.delta_chi2:.4f})")
    if result.global_fit is not None:
        bound = f"{result.parameter} < {format_number(result.global_fit)}"
        say(f"global electroweak fit: {bound} at {100 * GLOBAL_FIT_LEVEL:g} % (hep-ph/9707451)")
