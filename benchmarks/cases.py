"""The cases of the fits' benchmarks."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from analysis.fits.fitter import Fitter, make_fitter
from analysis.pseudo_experiments.throw import Thrower
from benchmarks.spec import SHAPE, Spec
from detsim.backgrounds import Background
from detsim.experiment import Experiment
from detsim.systematics import Systematic
from macros import load_card
from simgen.deposits import Uniform

__all__ = ["CASES", "Case", "make_case"]

DAY = 86400.0
ACTIVITY = Systematic(name="activity", uncertainty=0.018)
SCALE = Systematic(name="energy_scale", uncertainty=0.01)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model whose toys are fitted."""

    name: str
    fitter: Fitter
    thrower: Thrower

    def spec(self, n: int) -> Spec:
        """Write model and toys down for the peers."""
        t = self.fitter.templates
        shapes = {shape.name for shape in t.shapes}
        target = [SHAPE if x.name in shapes else x.targets[0][1] for x in t.nuisances]
        counts, auxiliary = self.thrower.block(0, n)
        if t.coefficients is None:
            raise ValueError(f"{self.name}: the signal is no polynomial in {t.poi}")
        return Spec(
            powers=t.coefficients,
            backgrounds=t.backgrounds[0].reshape(-1, t.n_layers, t.n_bins),
            sigma=np.array([x.uncertainty for x in t.nuisances]),
            target=np.array(target, np.int64),
            counts=counts,
            auxiliary=auxiliary,
            width=self.fitter.width,
            truth=self.fitter.truth,
        )


def _borexino() -> Experiment:
    """BOREXINO with 100 days of a 51Cr source: 1620 events and 550 of a known background."""
    preset = load_card("borexino-cr51-realistic").experiment
    known = tuple(replace(b, uncertainty=0.0) for b in preset.backgrounds)
    return replace(preset, systematics=(), backgrounds=known)


def _hellaz() -> Experiment:
    """HELLAZ with the paper's flux: 1e4 events."""
    return load_card("hellaz-cr51-paper").experiment


def _backgrounds(rate: float, high: float) -> tuple[Background, ...]:
    """Make one background flat in the measured energy, and one in the true energy."""
    flat = Uniform(low=0.1, high=2 * high)
    return (
        Background(name="flat", spectrum=flat, rate=rate / DAY, smeared=False, uncertainty=0.1),
        Background(
            name="steep", spectrum=Uniform(low=0.0, high=high), rate=rate / DAY, smeared=True, uncertainty=0.2
        ),
    )


def _borexino_norms() -> Experiment:
    return replace(_borexino(), systematics=(ACTIVITY,), backgrounds=_backgrounds(10.0, 0.45))


def _hellaz_norms() -> Experiment:
    return replace(_hellaz(), systematics=(ACTIVITY,), backgrounds=_backgrounds(50.0, 0.22))


def _borexino_shape() -> Experiment:
    backgrounds = _backgrounds(10.0, 0.45)[1:]
    return replace(_borexino(), systematics=(ACTIVITY, SCALE), backgrounds=backgrounds)


CASES: dict[str, Callable[[], Experiment]] = {
    "6 bins, γ": _borexino,
    "6 bins, γ + 3": _borexino_norms,
    "16 bins, γ": _hellaz,
    "16 bins, γ + 3": _hellaz_norms,
    "6 bins, γ + 3, a shape": _borexino_shape,
}


def make_case(name: str) -> Case:
    """Prepare a case."""
    experiment = CASES[name]()
    model = load_card("borexino-cr51-realistic").model
    fitter = make_fitter(experiment, model)
    return Case(name=name, fitter=fitter, thrower=Thrower(fitter=fitter, seed=1))
