"""Throwing of pseudo-experiments, as counts or event by event."""

from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from analysis.fits import Fitter
from analysis.pseudo_experiments.counts import (
    LARGEST_MEAN,
    CountTable,
    count_table,
    throw_counts,
    throw_normals,
    throw_varied,
)
from analysis.pseudo_experiments.loop import largest_chunk
from analysis.settings import Drawn
from detsim.simulation import Ensemble
from simgen.random import Stage, float_bits, kernel_key

__all__ = ["Thrower"]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Thrower:
    """Throws pseudo-experiments of one true model.

    Parameters
    ----------
    fitter : Fitter
        Its model is the truth; toys are those of its experiments.
    seed : int
    events : bool
        Draw, smear and bin every event instead of drawing the counts.
    drawn : {"auxiliary", "counts", "nuisances"}
        ``auxiliary``: true nuisance parameters are nominal, and their auxiliary measurements fluctuate;
        ``counts``: true and measured values are nominal; ``nuisances``: true values are drawn from their
        constraints, and measured values are nominal.
    pulls : tuple of float
        True nuisance parameters instead of the nominal ones, in standard deviations; empty: nominal.

    Raises
    ------
    ValueError
        If the fitter was prepared for weighted data, if events are requested although shapes vary, or if the
        number of pulls is wrong.

    Notes
    -----
    Counts are Poisson. The paper's χ² has an error per bin that includes more than counting: a Gaussian is
    added to each bin so that the total variance is (σN^SM)². If the Poisson variance alone is larger, nothing
    is added, and the error of the χ² is too small. If templates are known to a relative error δ only, the
    expectation of each bin is multiplied by a factor 1 ± δ. Toy k depends on the seed, the true parameters
    and k only.
    """

    fitter: Fitter
    seed: int
    events: bool = False
    drawn: Drawn = "auxiliary"
    pulls: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.fitter.templates.scaling is not None:
            raise ValueError(
                "counts are thrown with a fitter of counts, and this one was scaled to weighted data: see "
                "analysis.pseudo_experiments.weighted"
            )
        if self.drawn not in get_args(Drawn):
            raise ValueError(f"drawn must be one of {', '.join(get_args(Drawn))}, got {self.drawn!r}")
        if self.pulls and len(self.pulls) != len(self.fitter.templates.nuisances):
            names = ", ".join(self.fitter.templates.names[1:]) or "none"
            raise ValueError(f"one pull is needed of each of {names}, got {len(self.pulls)}")
        if self.events:
            self._check_events()

    def _check_events(self) -> None:
        """Refuse truths that are not described by a factor on the mean number of events."""
        if self.fitter.likelihood == "templates":
            raise ValueError(
                "event by event, spectra are exact: throw counts where simulated templates vary "
                "(--toys-at counts, or fit.templates = 'quadrature')"
            )
        drawn = self.drawn == "nuisances"
        pulls = self.pulls or (0.0,) * len(self.fitter.templates.nuisances)
        pairs = zip(self.fitter.templates.nuisances, pulls, strict=True)
        shapes = [n.name for n, x in pairs if n.is_shape and (drawn or x)]
        if shapes:
            raise ValueError(
                f"event by event, shapes are nominal, and the truth of {', '.join(shapes)} would vary: throw "
                "counts (--toys-at counts), or draw 'auxiliary' measurements or 'counts' alone (fit.drawn)"
            )

    @cached_property
    def _identity(self) -> tuple[int, ...]:
        parameters = self.fitter.templates.model.parameters
        return float_bits(*(parameters[name] for name in sorted(parameters)), *self.pulls)

    @cached_property
    def _centre(self) -> Array:
        """True pulls, or the centre of their distribution if they are drawn."""
        return np.array(self.pulls) if self.pulls else self.fitter.nominal

    @property
    def largest_chunk(self) -> int:
        """Largest number of toys that are thrown at once."""
        return largest_chunk(self.fitter)

    def key(self, stage: Stage) -> NDArray[np.uint32]:
        """Derive the key of a stream of these toys."""
        return kernel_key(self.seed, stage, *self._identity)

    @cached_property
    def expected(self) -> Array:
        """Expected counts in the bins, nuisance parameters nominal or at their pulls."""
        expected = np.maximum(self.fitter.templates.expected(self.fitter.truth, self._centre), 0.0)
        if expected.max() > LARGEST_MEAN:
            raise ValueError(
                f"{expected.max():.2g} counts are expected in a bin, too many to be thrown (at most "
                f"{LARGEST_MEAN:.0g}): check the true {self.fitter.templates.poi} of {self.fitter.truth:g}"
            )
        return expected

    @cached_property
    def _table(self) -> CountTable:
        return count_table(self.expected)

    @cached_property
    def ensembles(self) -> tuple[Ensemble, ...]:
        """Samplers of the events of each experiment."""
        templates = self.fitter.templates
        return tuple(Ensemble(experiment=e, model=templates.model) for e in templates.experiments)

    @property
    def expected_events(self) -> float:
        """Mean number of events of a pseudo-experiment before any cut, nuisance parameters nominal."""
        return sum(ensemble.expected for ensemble in self.ensembles)

    @cached_property
    def _displacement(self) -> Array:
        variance = self.fitter.errors**2 - self.expected
        return np.sqrt(np.maximum(variance, 0.0))

    def __call__(self, index: int) -> tuple[Array, Array]:
        """Throw one pseudo-experiment: counts, shape (n_bins,), and measured pulls, shape (n_nuisances,)."""
        counts, auxiliary = self.block(index, 1)
        return counts[0], auxiliary[0]

    def block(self, first: int, n: int) -> tuple[Array, Array]:
        """Throw pseudo-experiments first, first + 1, ...

        Returns
        -------
        counts : ndarray, shape (n, n_bins)
        auxiliary : ndarray, shape (n, n_nuisances)
            Measured pulls.
        """
        counts, auxiliary, _ = self.numbered_block(first, n)
        return counts, auxiliary

    def numbered_block(self, first: int, n: int) -> tuple[Array, Array, NDArray[np.int64]]:
        """Do as `block`, and return the number of simulated events, too: shape (n,); 0 for thrown counts."""
        templates, numbers = self.fitter.templates, np.zeros(n, np.int64)
        pulls, auxiliary = self.pulls_of(first, n)
        if self.events:
            counts, numbers = self._simulated(first, pulls)
        elif self.varies:
            means = self.expectations(first, pulls)
            counts = throw_varied(means, key=self.key(Stage.TOY_COUNTS), first=first)
        else:
            counts = throw_counts(self._table, n, key=self.key(Stage.TOY_COUNTS), first=first)
        if self.fitter.likelihood == "paper":
            key = self.key(Stage.TOY_DISPLACEMENT)
            counts += self._displacement * throw_normals(n, templates.n_bins, key=key, first=first)
        return counts, auxiliary, numbers

    def pulls_of(self, first: int, n: int) -> tuple[Array, Array]:
        """Throw true and measured pulls of toys first, first + 1, ...; both of shape (n, n_nuisances)."""
        nuisances = self.fitter.templates.nuisances
        pulls = np.zeros((n, len(nuisances)))
        if self.drawn != "counts" and pulls.size:
            constrained = np.array([nuisance.constraint != "free" for nuisance in nuisances])
            normals = throw_normals(n, pulls.shape[1], key=self.key(Stage.TOY_AUXILIARY), first=first)
            pulls = np.where(constrained, normals, 0.0)
        shifts = pulls if self.drawn == "nuisances" else np.zeros_like(pulls)
        return self._centre + shifts, self._centre + (pulls - shifts)

    @property
    def varies(self) -> bool:
        """Whether expected counts differ between pseudo-experiments."""
        return self.drawn == "nuisances" or self.fitter.likelihood == "templates"

    def expectations(self, first: int, pulls: Array) -> Array:
        """Compute the expected counts of each pseudo-experiment, shape (n, n_bins)."""
        templates, truth = self.fitter.templates, self.fitter.truth
        if self.drawn == "nuisances":
            expected = templates.expected(truth, np.maximum(pulls, self._lowest))
        else:
            expected = np.tile(self.expected, (len(pulls), 1))
        if self.fitter.likelihood == "templates":
            key = self.key(Stage.TOY_DISPLACEMENT)
            factors = 1 + self.fitter.errors * throw_normals(*expected.shape, key=key, first=first)
            expected = expected * np.maximum(factors, 0.0)
        return np.asarray(np.maximum(expected, 0.0))

    @property
    def _lowest(self) -> Array:
        return np.array([nuisance.lowest for nuisance in self.fitter.templates.nuisances])

    def _simulated(self, first: int, pulls: Array) -> tuple[Array, NDArray[np.int64]]:
        """Simulate every event of pseudo-experiments, and count."""
        varied = self.drawn == "nuisances" or any(self.pulls)
        counts_of_experiments, numbers = [], np.zeros(len(pulls), np.int64)
        for e, ensemble in enumerate(self.ensembles):
            counts, drawn = ensemble.count(
                len(pulls),
                seed=self.seed,
                first=first,
                identity=(*self._identity, *([e] if e else [])),
                factors=self._factors(e, np.maximum(pulls, self._lowest)) if varied else None,
            )
            counts_of_experiments.append(counts[:, 1:-1].astype(np.float64))
            numbers += drawn
        return np.concatenate(counts_of_experiments, axis=1), numbers

    def _factors(self, e: int, pulls: Array) -> Array:
        """Compute the factors of signal and backgrounds of an experiment, shape (n, 1 + n_backgrounds)."""
        templates = self.fitter.templates
        factors = np.ones((len(pulls), 1 + len(templates.experiments[e].backgrounds)))
        for nuisance, x in zip(templates.nuisances, pulls.T, strict=True):
            for j in (j for number, j in nuisance.targets if number == e and not nuisance.is_shape):
                factors[:, j] *= nuisance.value(x)
        return factors
