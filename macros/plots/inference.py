"""Plots of limits and of coverage."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from analysis.quotation import Scale, scale_of
from macros.plots.figure_data import Cell, FigureData
from macros.plots.methods import BAND_ONE, BAND_TWO, GREY, method_style
from macros.plots.style import add_note, ink, new_figure, plain_text, styled
from macros.words import deviation_lines, limit_axis_values, median_text, verdict_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.fits import LimitResult
    from analysis.studies import CoverageStudy

__all__ = ["band_data", "coverage_plot", "limit_plot", "parameter_axis"]

_SIGMAS = ("-2", "-1", "0", "1", "2")
_FEW, _APART = 3, 0.012
"""Methods whose bands can be drawn over each other; distance of more, in widths of the picture."""
_NAMED = 2
"""Deviations of either side that the caption of a coverage study names."""
_PARAMETERS = {
    "gamma": r"$\gamma = (M_Z/M_{Z′})^2$",
    "mu_nu": r"$\mu_\nu$",
    "phi": r"$\phi$",
    "beta": r"$\beta$",
    "delta_c_L": r"$\delta c_L$",
    "sin2_theta_w": r"$\sin^2\theta_W$",
    "eps_L": r"$\varepsilon_L$",
    "eps_R": r"$\varepsilon_R$",
    "charge_radius": r"$\langle r^2\rangle$",
    "millicharge": r"$q_\nu$",
    "vector_coupling": r"$g_\nu g_e$ of the vector mediator",
    "vector_mass": r"$M$ of the vector mediator",
    "scalar_coupling": r"$g_\nu g_e$ of the scalar mediator",
    "scalar_mass": r"$M$ of the scalar mediator",
    "sin2_2theta": r"$\sin^2 2\theta$",
    "delta_m2": r"$\Delta m^2$",
}
_UNITS = {"μ_B": r"$\mu_B$", "cm²": r"$\mathrm{cm}^2$", "eV²": r"$\mathrm{eV}^2$", "e": "$e$"}
_DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def parameter_axis(name: str, *values: float | None) -> tuple[str, Scale]:
    r"""Return the label of a parameter's axis, and the unit of its values there, which is that of texts.

    Parameters
    ----------
    name : str
    *values : float or None
        Values that the text beside the picture quotes, as `analysis.quotation.scale_of` takes them.

    Examples
    --------
    >>> parameter_axis("background_flat")
    ('background_flat', Scale(factor=1.0, unit=''))
    >>> print(parameter_axis("mu_nu", 2.4e-11)[0])
    $\mu_\nu$ [$10^{-11}$ $\mu_B$]
    """
    scale = scale_of(name, *(None if v is None else float(v) for v in values))
    symbol = _PARAMETERS.get(name) or plain_text(name)
    first, _, rest = scale.unit.partition(" ") if scale.unit.startswith("10") else ("", "", scale.unit)
    power = f"$10^{{{first[2:].translate(_DIGITS)}}}$" if first else ""
    unit = " ".join(filter(None, (power, _UNITS.get(rest, rest))))
    return f"{symbol} [{unit}]" if unit else symbol, scale


def band_data(limit: "LimitResult", *, observed: float | None = None, note: Sequence[str] = ()) -> FigureData:
    """Collect the numbers of `limit_plot`: one row a limit."""
    rows: list[tuple[Cell, ...]] = [] if observed is None else [("observed", observed, None)]
    rows += [("expected (Asimov)", limit.asimov, None)] if limit.asimov is not None else []
    if limit.band is not None:
        errors = limit.band_errors or (None,) * len(limit.band)
        rows += [
            (f"expected at {sigma} sigma", value if math.isfinite(value) else None, error)
            for sigma, value, error in zip(_SIGMAS, limit.band, errors, strict=True)
        ]
    return FigureData(
        title=f"Limits on {limit.parameter} at {100 * limit.level:g} %, {limit.method}",
        caption="expected (Asimov): the limit of exact data of the card's model; expected at ... sigma: "
        "quantiles of the limits of pseudo-experiments, with their statistical errors; empty: no limit",
        note=tuple(note),
        columns=("limit", limit.parameter, "error"),
        rows=tuple(rows),
    )


@styled()
def limit_plot(limit: "LimitResult", *, observed: bool = True, note: Sequence[str] = ()) -> "Figure":
    """Draw the observed limit against the expected one and its band.

    Parameters
    ----------
    limit : LimitResult
        Without `band` only observed limit and that of exact data are shown.
    observed : bool
        Whether the limit is one of data.
    note : sequence of str
        Lines below the picture.

    Returns
    -------
    Figure
    """
    name, unit = parameter_axis(limit.parameter, *limit_axis_values(limit))
    scale = unit.factor
    figure = new_figure(4.6, 2.0)
    ax = figure.subplots()
    shown = []
    if limit.band is not None:
        two_low, low, median, high, two_high = (b * scale if math.isfinite(b) else None for b in limit.band)
        for a, b, color, text in (
            (two_low, two_high, BAND_TWO, r"expected $\pm2\sigma$"),
            (low, high, BAND_ONE, r"expected $\pm1\sigma$"),
        ):
            if a is not None:
                ax.axvspan(a, b if b is not None else 1e3 * a, color=color, linewidth=0, label=text)
            shown += [v for v in (a, b) if v is not None]
        if median is not None:
            ax.axvline(median, color=ink(), linestyle=":", label="expected median")
    if limit.asimov is not None:
        ax.axvline(limit.asimov * scale, color=GREY, linestyle="--", label="expected (Asimov)")
        shown.append(limit.asimov * scale)
    if observed and limit.upper is not None:
        ax.axvline(
            limit.upper * scale, color=method_style(limit.method).colour, linewidth=2.0, label="observed"
        )
        shown.append(limit.upper * scale)
    ax.set_xlim(0, 1.15 * max(shown, default=1.0))
    ax.set_yticks([])
    ax.set_xlabel(f"upper limit on {name}")
    ax.minorticks_on()
    ax.tick_params(axis="y", which="both", left=False, right=False)
    figure.legend(loc="outside right upper")
    expected = []
    if limit.band is not None and limit.band_errors is not None:
        expected = [f"expected median: {median_text(limit.band, limit.band_errors, unit)}"]
    none = "" if limit.upper is not None else "; the data give no limit"
    kind = f"{limit.level * 100:.4g} % C.L. {limit.method}, Δχ² = {limit.delta_chi2:.4f}{none}"
    if observed and limit.upper is not None:
        expected.insert(0, f"observed: {unit.text(limit.upper, limit.mc_error)}")
    add_note(figure, (*note, kind, *expected))
    return figure


@styled()
def coverage_plot(study: "CoverageStudy", *, note: Sequence[str] = ()) -> "Figure":
    """Draw the fraction of pseudo-experiments whose interval holds the true value.

    Parameters
    ----------
    study : CoverageStudy
    note : sequence of str
        Lines below the picture.

    Returns
    -------
    Figure
    """
    name, unit = parameter_axis(study.parameter, *(p.value for p in study.points))
    scale = unit.factor
    figure = new_figure(4.6, 3.4)
    ax = figure.subplots()
    ax.axhline(study.level, color=GREY, linewidth=1.0, label=f"level {study.level * 100:.4g} %")
    points = sorted(study.points, key=lambda p: p.value)
    methods = list(points[0].methods) if points else []
    alone = len(points) == 1
    crowded = len(methods) > _FEW or (alone and len(methods) > 1)
    span = (points[-1].value - points[0].value) * scale if crowded else 0.0
    if alone:  # nothing else sets the scale of the axis
        span = abs(points[0].value * scale) or 1.0
        ax.set_xticks([points[0].value * scale])
        ax.tick_params(axis="x", which="minor", bottom=False, top=False)
    for i, method in enumerate(methods):
        truths = [p.value * scale + _APART * span * (i - (len(methods) - 1) / 2) for p in points]
        drawn = method_style(method)
        color = drawn.colour
        of_method = [p.methods[method] for p in points]
        fractions = [m.fraction for m in of_method]
        low, high = [m.low for m in of_method], [m.high for m in of_method]
        if not crowded:
            ax.fill_between(truths, low, high, color=color, alpha=0.2, linewidth=0)
        ax.vlines(truths, low, high, color=color, linewidth=0.8)
        shown: dict[str, Any] = {"marker": drawn.marker, "linestyle": drawn.line, "label": drawn.label}
        ax.plot(truths, fractions, color=color, linewidth=1.0, **shown)
    ax.margins(x=0.04, y=0.15)
    ax.set_xlabel(f"true {name}")
    ax.set_ylabel("fraction that covers")
    figure.legend(loc="outside upper left", ncols=3)
    toys = sorted({p.n_toys for p in study.points})
    n_toys = f"{toys[0]}" if len(toys) == 1 else f"{toys[0]}–{toys[-1]}" if toys else "0"
    n_failed = sum(p.n_failed for p in study.points)
    lines = (
        f"{n_toys} pseudo-experiments per point, {n_failed} failed fits in all, which count as not covered",
        f"{'bars' if crowded else 'bars and bands'}: Clopper–Pearson, 99.7 %; between the points nothing was "
        f"computed{', and methods are drawn side by side' if crowded else ''}",
        *verdict_lines(study)[:1],
        *deviation_lines(study, _NAMED),
    )
    add_note(figure, (*note, *lines))
    return figure
