"""Cards that are hard to fit, each with its fitter and its independent likelihood."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from analysis.batch.fitter import BatchFitter
from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.throw import Thrower
from detsim.simulation.mc_templates import Sampling
from macros.card import load_card
from support.cards import make_problem
from support.curves import Nodes
from support.expectation import expectation
from support.grids import make_grid

__all__ = ["HARD", "NODES", "HardCard", "hard_card", "hard_names", "make_hard_card"]

HARD = Path(__file__).parent.parent / "hard"

_OUTSIDE = np.geomspace(1e-6, 1e-3, 16), np.geomspace(1e2, 1e6, 21)
_MASSES = np.unique(np.concatenate([np.geomspace(1e-3, 1e2, 201), *_OUTSIDE]))

NODES = {
    "vector_mass": Nodes(values=_MASSES, variable="log"),
    "scalar_mass": Nodes(values=_MASSES, variable="log"),
    "delta_m2": Nodes(values=np.linspace(0.0, 30.0, 3001)),
}
"""Where a signal that is no parabola is folded, by the parameter of interest."""


def hard_names():
    """List the cards in tests/hard."""
    return sorted(path.stem for path in HARD.glob("*.toml"))


@dataclass(frozen=True, kw_only=True)
class HardCard:
    """A card with its fitter and its independent likelihood.

    Parameters
    ----------
    name : str
    fitter : Fitter
    empty : Problem
        One data set, exact data of the model.
    spacing : float
        Of the scan's grid, as for `make_grid`.
    """

    name: str
    fitter: object
    empty: object
    spacing: float = 0.5

    @cached_property
    def batch(self):
        """Fits many data sets."""
        return BatchFitter(fitter=self.fitter)

    @cached_property
    def grid(self):
        """Values at which data sets are scanned."""
        return self.grid_of(self.spacing, 4)

    def grid_of(self, spacing, per_decade, *, waves=False):
        """Lay out a grid with more or fewer points; with waves at every node of a signal with waves, too."""
        grid = make_grid(self.empty, spacing=spacing, per_decade=per_decade)
        if waves and self.fitter.templates.poi == "delta_m2":
            return np.union1d(grid, self.empty.curve.nodes.values)
        return grid

    def throw(self, n, *, first=0, seed=1):
        """Throw data sets first, first + 1, ... as the command `toys` does: counts and measured pulls."""
        return Thrower(fitter=self.fitter, seed=seed).block(first, n)

    def problem(self, counts, auxiliary):
        """Make the problem of data sets in rows."""
        return replace(self.empty, counts=counts.T.copy(), auxiliary=auxiliary.T.copy())


def make_hard_card(name, experiments, model, poi, *, nodes=None, spacing=0.5, sampling=None, **likelihood):
    """Prepare experiments, a model and its parameter of interest.

    Parameters
    ----------
    name : str
    experiments, model, poi, sampling, **likelihood
        As for `make_fitter`.
    nodes, spacing
        As for `make_problem` and `make_grid`.
    """
    fitter = make_fitter(experiments, model, poi=poi, sampling=sampling, **likelihood)
    expected = expectation(experiments, model, poi)
    if sampling is not None:
        expected = replace(expected, samples=fitter.templates.samples)
    if tuple(n.name for n in expected.nuisances) != fitter.templates.names[1:]:
        raise ValueError(f"{name}: the nuisance parameters are {fitter.templates.names[1:]}, in this order")
    errors = fitter.errors if len(fitter.errors) else None
    empty = make_problem(expected, nodes=nodes, likelihood=fitter.likelihood, errors=errors)
    return HardCard(name=name, fitter=fitter, empty=empty, spacing=spacing)


def hard_card(name):
    """Prepare a card of tests/hard, or one whose path is given."""
    path = HARD / f"{name}.toml"
    card = load_card(str(path if path.exists() else name), ())
    fit = card.fit
    sampling = None
    if fit.templates == "simulation":
        sampling = Sampling(n_events=fit.template_events, seed=card.run.seed)
    return make_hard_card(
        path.stem,
        card.together,
        card.model,
        fit.poi,
        nodes=NODES.get(fit.poi),
        sampling=sampling,
        likelihood=fit.likelihood,
        error_per_bin=fit.error_per_bin,
    )
