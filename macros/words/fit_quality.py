"""What is said of a fit that does not describe the data."""

from typing import TYPE_CHECKING, Any

from macros.terminal import format_number, warn

if TYPE_CHECKING:
    from analysis.contours import PlaneResult
    from analysis.fits import FitQuality, FitResult, LimitResult

__all__ = ["poor_fit", "quality_document", "warn_poor_fit"]


def quality_document(found: "FitQuality | None") -> dict[str, Any] | None:
    """Return the keys of the quality of a fit."""
    if found is None:
        return None
    return {
        "fval": found.fval,
        "pearson": found.pearson,
        "ndof": found.ndof,
        "p_deviance": found.p_deviance,
        "p_pearson": found.p_pearson,
        "p_value": found.p_value,
        "poor": found.poor,
    }


def poor_fit(found: "FitQuality | None") -> str | None:
    """Say in one sentence that a model does not describe the data; None if nothing is to be said."""
    if found is None or not found.poor:
        return None
    kind = "χ²" if found.pearson is None else "deviance"
    return (
        f"the model does not describe the data: {kind} {format_number(found.fval)} for {found.ndof} degrees "
        f"of freedom, p = {format_number(found.p_value, 2)}; errors and limits take for granted that it does"
    )


def warn_poor_fit(result: "FitResult | LimitResult | PlaneResult") -> None:
    """Warn of a fit that does not describe the data, on standard error, and of how to look closer."""
    text = poor_fit(result.quality)
    if text:
        warn(
            f"{text} (`nugauge fit --gof N` tests it by pseudo-experiments, `nugauge compare` another model)"
        )
