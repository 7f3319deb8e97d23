"""Fig. 4: LAMA's reach in the magnetic moment and in the χ model against the error per bin."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from macros.figures.assumptions import (
    LEVEL,
    describe_experiments,
    describe_model,
    describe_statistics,
    short_experiment,
    short_model,
    short_statistics,
)
from macros.figures.models import global_fit_label, named_model
from macros.plots import BLUE, GREY, VERMILION, FigureData, add_mass_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from macros.card import Card

__all__ = ["CARDS", "SIZE", "compute", "draw"]

CARDS = {"LAMA": "lama-pm147-paper"}
SIZE = (7.0, 3.5)
ERRORS = tuple(round(10 ** (i / 10) / 1000, 7) for i in range(21))
COLUMNS = (
    "error_per_bin",
    "mu_nu_limit_mu_B",
    "gamma_limit_chi",
    "M_Zprime_chi_GeV",
    "delta_chi2",
    "gamma_global_fit_chi",
)


def compute(cards: "Mapping[str, Card]", *, method: str, errors: Sequence[float] = ERRORS) -> FigureData:
    """Compute the figure.

    Parameters
    ----------
    cards : mapping of str to Card
        By the names of `CARDS`.
    method : {"one-sided", "two-sided"}
    errors : sequence of float
        Relative errors per bin.
    """
    from analysis.fits import delta_chi2
    from analysis.studies import sensitivity

    (card,) = cards.values()
    threshold = delta_chi2(LEVEL, method)
    moment = sensitivity(
        card.experiment, card.model.standard(), errors, poi="mu_nu", level=LEVEL, method=method
    )
    chi = sensitivity(card.experiment, named_model("chi", card), errors, level=LEVEL, method=method)
    return FigureData(
        title="LAMA's reach in the magnetic moment and in the Z' of the χ model against the error per bin",
        caption=(
            f"{describe_statistics(threshold, method)} Left: θ = μ_ν in the standard model, whose effect is "
            "proportional to μ_ν², so that the limit goes with √σ. Right: θ = γ = (M_Z/M_Z')² of the χ "
            "model of E6, in the beginning proportional to σ; the horizontal line is the 95 % bound of the "
            "global electroweak fit of Cvetič and Langacker (hep-ph/9707451). One parameter at a time, the "
            f"other at its standard value; {describe_model(card.model)}; (g_L + c_L) and g_R exchanged for "
            f"antineutrinos. {describe_experiments({'LAMA': card.experiment}, card.model.standard())} The "
            "limits depend on σ alone, not on the number of events; errors below the statistical one are "
            "out of reach of this exposure."
        ),
        note=(
            short_statistics(threshold, method),
            short_model(card.model),
            short_experiment(card.experiment),
        ),
        columns=COLUMNS,
        rows=tuple(
            (error, mu, gamma, mass, threshold, chi.global_fit)
            for error, mu, gamma, mass in zip(errors, moment.limit, chi.limit, chi.M_Zprime_GeV, strict=True)
        ),
    )


def draw(figure: "Figure", data: FigureData) -> None:
    """Draw one panel per parameter, both logarithmic."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    left, right = figure.subplots(1, 2)
    errors = data.column("error_per_bin") * 100
    left.plot(errors, data.column("mu_nu_limit_mu_B") * 1e12, color=VERMILION)
    left.text(0.05, 0.93, r"magnetic moment, $\propto\sqrt{\sigma}$", transform=left.transAxes, va="top")
    left.set_ylabel(r"$\mu_\nu$ limit [$10^{-12}\,\mu_B$]")
    left.set_ylim(0.2, 5)
    right.plot(
        errors, data.column("gamma_limit_chi"), color=BLUE, label=r"LAMA, $\chi$ model, $\propto\sigma$"
    )
    right.axhline(data.column("gamma_global_fit_chi")[0], color=GREY, linewidth=1.0, label=global_fit_label())
    right.set_ylabel(r"$\gamma = (M_Z/M_{Z′})^2$ limit")
    right.set_ylim(5e-4, 0.5)
    right.legend(loc="upper left")
    for ax in (left, right):
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xlim(0.1, 10)
        ax.set_xlabel("error per bin σ [%]")
        for axis in (ax.xaxis, ax.yaxis) if ax is left else (ax.xaxis,):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())
    add_mass_axis(right)
