"""Expected counts per bin by quadrature: the deterministic twin of the simulation."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad

from detsim.backgrounds import Background, FlatBackground
from detsim.detector import Detector
from detsim.expectation.folding import MANY_KNOTS, bends, fold, kinks_of, pieces
from detsim.expectation.response import kinks, recorded_probability
from detsim.experiment import Experiment
from simgen.deposits import Line
from simgen.geometry import Baselines
from simgen.interaction import Basis, Model, check_positive, coefficients, steepest
from simgen.pictures import GREY, Steps, picture
from simgen.rates import component_shapes, oscillated
from simgen.representation import html_table, readable, text_table
from simgen.sources import Component

__all__ = ["Expectation", "predict", "recorded_total"]

Array = NDArray[np.float64]

_PANEL = 8.0
"""Distance in ln T of the first points of adaptive quadrature."""


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """Expected counts.

    Parameters
    ----------
    edges : ndarray, shape (n_bins + 1,)
        Bin edges [MeV].
    signal, background : ndarray, shape (n_bins + 2,)
        Counts with both flow bins: recorded below the first and above the last edge.
    integral : callable
        Computes `unbinned_total`, which takes far longer than the counts and is seldom asked for.
    """

    edges: Array
    signal: Array
    background: Array
    integral: Callable[[], float] = field(repr=False)

    def __repr__(self) -> str:
        return text_table("Expected counts", self._rows())

    def _repr_html_(self) -> str:
        return html_table("Expected counts", self._rows(), self._picture())

    def _picture(self) -> str:
        """Draw the counts, of which the backgrounds are filled; bins of the distance follow each other."""
        counts, background = self.counts.tolist(), self.background[1:-1].tolist()
        by_energy = len(counts) == len(self.edges) - 1
        edges = self.edges.tolist() if by_energy else list(map(float, range(len(counts) + 1)))
        layers = [
            Steps(edges=edges, heights=background, label="background", colour=GREY, filled=True),
            Steps(edges=edges, heights=counts, label="signal and background"),
        ]
        name = "T_reco [MeV]" if by_energy else "bin in L_reco and T_reco"
        return picture("Expected counts", layers, x=name, y="counts per bin")

    def _rows(self) -> list[tuple[str, str]]:
        """List the sums over bins, and the counts outside them."""
        low, high = (readable(float(E), "eV", "keV", "MeV") for E in (self.edges[0], self.edges[-1]))
        return [
            ("bins in T_reco", f"{len(self.edges) - 1} from {low} to {high}"),
            ("signal in the bins", readable(float(self.signal[1:-1].sum()))),
            ("background in the bins", readable(float(self.background[1:-1].sum()))),
            ("below the first edge", readable(float(self.with_flow[0]))),
            ("elsewhere outside the bins", readable(float(self.with_flow[-1]))),
        ]

    @cached_property
    def counts(self) -> Array:
        """Counts in the bins, shape (n_bins,)."""
        return self.with_flow[1:-1]

    @cached_property
    def unbinned_total(self) -> float:
        """All recorded events, signal and background, from a separate integral."""
        return self.integral()

    @cached_property
    def with_flow(self) -> Array:
        """Counts with both flow bins, shape (n_bins + 2,)."""
        return self.signal + self.background


def _recorded_share(background: Background | FlatBackground, detector: Detector) -> float:
    """Integrate the fraction of a background that is recorded, with adaptive quadrature."""
    spectrum = background.spectrum
    if not background.smeared:
        return background.fraction(detector.threshold, np.inf)

    def recorded(E: float) -> float:
        T = np.array([E])
        return float(recorded_probability(detector, T)[0] * detector.deposit_acceptance(T)[0])

    if isinstance(spectrum, Line):
        return recorded(spectrum.energy)
    low, high = float(spectrum.knots[0]), float(spectrum.knots[-1])
    stops = np.concatenate([spectrum.knots, kinks(detector)])
    stops = np.unique(stops[(stops > low) & (stops < high)])
    limit = 200 + 2 * len(stops)
    return float(
        quad(
            lambda E: recorded(E) * float(spectrum.density(E)),
            low, high, points=stops, limit=limit, epsabs=1e-12, epsrel=1e-8,
        )[0]
    )  # fmt: skip


def _integral(
    density: Callable[[float], float],
    low: float,
    T_end: float,
    stops: list[float],
    *,
    steep: float,
    has_many_kinks: bool,
) -> float:
    """Integrate up to T_end = T_max with T = T_end (1 - x²); for steep terms, with ln T at low energies."""
    # kinks that are not among the points increase the error estimate, not the error of the integral
    options: dict[str, Any] = {"epsrel": 1e-6, "full_output": 1} if has_many_kinks else {"epsrel": 1e-8}
    inner = np.unique(np.array(stops, np.float64))
    middle = max(low, T_end / 2) if low > 0 or steep > 0 else low
    points = np.sqrt(1 - inner[inner > middle] / T_end)
    upper = quad(
        lambda x: 2 * x * T_end * density(T_end * (1 - x * x)),
        0.0, float(np.sqrt(1 - middle / T_end)), points=points, limit=500, epsabs=0, **options,
    )[0]  # fmt: skip
    if middle == low:
        return float(upper)
    shift = 0.0 if low > 0 else steep
    start = low + shift

    def in_logarithm(y: float) -> float:
        return start * math.exp(y) * density(low + start * math.expm1(y))

    length = math.log((middle + shift) / start)
    points = np.union1d(np.log((inner[inner < middle] + shift) / start), np.arange(_PANEL, length, _PANEL))
    options["limit"] = 500 + 2 * len(points)
    return float(upper + quad(in_logarithm, 0.0, length, points=points, epsabs=1e-9 * upper, **options)[0])


@lru_cache(maxsize=32)  # the same total is asked for again by other commands and reports on a card
@np.errstate(under="ignore")
def recorded_total(experiment: Experiment, model: Model) -> float:
    """Integrate the expected number of recorded events, without bins, with adaptive quadrature.

    Raises
    ------
    ValueError
        If μ_ν ≠ 0 and recoils of T → 0 are recorded, or dσ/dT is below zero somewhere.
    """
    check_positive(experiment.source, model, experiment.generate_above)
    detector = experiment.detector
    T_low = experiment.generate_above
    source, volume_share = experiment.source, 1.0
    if detector.spatial or model.delta_m2 is not None:
        region = Baselines(geometry=experiment.geometry, region=experiment.baselines.region)
        source, volume_share = oscillated(source, model, region), float(region.volume_shares[0])
    total = 0.0
    for component in source.components:
        basis = Basis.of(model, component.flavour)
        c = coefficients(model, component.flavour)
        used = np.flatnonzero(c)
        for line, T_end in pieces(component):
            if T_end <= T_low:
                continue

            def density(
                T: float, line: int | None = line, component: Component = component, basis: Basis = basis,
                c: Array = c, used: NDArray[np.intp] = used,
            ) -> float:  # fmt: skip
                recoil = np.array([T])
                accepted = float(recorded_probability(detector, recoil)[0] * detector.acceptance(recoil)[0])
                if accepted == 0:
                    return 0.0
                return accepted * float(
                    c[used] @ component_shapes(component, basis, recoil, line=line)[used, 0]
                )

            stops = [T for T in (*kinks(detector), *kinks_of(component)) if T_low < T < T_end]
            has_many_kinks = len(bends(component)) > MANY_KNOTS
            total += _integral(
                density, T_low, T_end, stops, steep=steepest(model), has_many_kinks=has_many_kinks
            )
    backgrounds = sum(
        volume_share * experiment.background_counts(i) * _recorded_share(b, detector)
        for i, b in enumerate(experiment.backgrounds)
    )
    return total * experiment.luminosity + backgrounds


@np.errstate(under="ignore")
def predict(experiment: Experiment, model: Model) -> Expectation:
    """Compute the expected counts of an experiment under a model.

    Parameters
    ----------
    experiment : Experiment
    model : Model

    Returns
    -------
    Expectation
    """
    folded = fold(experiment, model)
    return Expectation(
        edges=folded.edges,
        signal=folded.signal(model),
        background=np.asarray(folded.backgrounds.sum(axis=0)),
        integral=partial(recorded_total, experiment, model),
    )
