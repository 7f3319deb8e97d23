"""Nuisance parameters as modifiers of HistFactory: factors and changes of histograms."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.exchange.histfactory import expected_counts
from analysis.model import Nuisance, Templates

__all__ = ["Difference", "Kind", "Part", "Signal", "Translation", "plain_name"]

Array = NDArray[np.float64]

Kind = Literal["normsys", "histosys", "lumi", "normfactor", "shape"]
"""Modifier of a nuisance parameter; a `shape` is a histosys, too."""
_REACH = 10.0
"""Standard deviations from its measurement that a nuisance parameter may be pulled."""
_MOST_FREE = 10.0
"""A factor without constraint may become this, or 1 + 20 times its uncertainty."""
_ALONE = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)
_TOGETHER = ((-2.0, -2.0), (-2.0, 2.0), (2.0, -2.0), (2.0, 2.0), (1.0, 1.0), (1.0, -1.0), (-1.0, 1.0))
"""Pulls of one parameter, and of two, at which expected counts are compared."""


def plain_name(name: str) -> str:
    """Return a name of letters, digits and underscores, which ROOT and pyhf's patches take.

    Examples
    --------
    >>> plain_name("near.background_Bi-210")
    'near_background_Bi_210'
    """
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the signal, which becomes one sample.

    Parameters
    ----------
    name : str
    layers : ndarray, shape (n_layers, n_bins)
        As those of `Templates`.
    factor : str or None
        Name of the normfactor that multiplies it.
    """

    name: str
    layers: Array
    factor: str | None = None


Signal = tuple[float, Sequence[Part], dict[str, float]]
"""A value of the parameter of interest, the parts of the signal, and their factors there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The largest difference between the expected counts of a translation and of the fit.

    Parameters
    ----------
    errors : float
        In statistical errors √μ of a bin, at least that of one count.
    pulls : mapping of str to float
        Nuisance parameters that are pulled there; the others are nominal.
    channel : str
        Of the bin: the name of its experiment.
    bin : int
        Which of the channel, from 0.
    """

    errors: float
    pulls: dict[str, float]
    channel: str = ""
    bin: int = 0


@dataclass(frozen=True, kw_only=True)
class Translation:
    """Nuisance parameters of a fit as modifiers.

    Parameters
    ----------
    templates : Templates
    kinds : tuple of str
        The modifier of each nuisance parameter.
    errors : ndarray, shape (n_bins,) or (0,)
        Relative statistical errors of simulated templates.
    """

    templates: Templates
    kinds: tuple[Kind, ...]
    errors: Array

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters in HistFactory."""
        pairs = zip(self.templates.nuisances, self.kinds, strict=True)
        return tuple("lumi" if kind == "lumi" else plain_name(n.name) for n, kind in pairs)

    def channels(self, parts: Sequence[Part]) -> list[dict[str, Any]]:
        """Make the channels, one of each experiment, from the parts of the signal.

        Raises
        ------
        ValueError
            If templates are simulated and a bin has no nominal counts of which it could have an error.
        """
        channels = []
        for e, experiment in enumerate(self.templates.experiments):
            bins = self.templates.bins[e]
            samples = [self._sample(p.name, p.layers[:, bins], (e, 0), p.factor) for p in parts]
            for j, background in enumerate(experiment.backgrounds):
                name = plain_name(f"background_{background.name}")
                samples.append(self._sample(name, self.templates.backgrounds[e][j], (e, j + 1), None))
            channel = {"name": plain_name(experiment.name), "samples": samples}
            if self.errors.size:
                _add_errors(channel, self.errors[bins])
            channels.append(channel)
        return channels

    def _sample(
        self, name: str, layers: Array, target: tuple[int, int], factor: str | None
    ) -> dict[str, Any]:
        """Make a sample of layers, shape (n_layers, bins of the experiment)."""
        nominal, n_shapes = layers[0], len(self.templates.shapes)
        modifiers = []
        for n, kind, parameter in zip(self.templates.nuisances, self.kinds, self.names, strict=True):
            data: Any = None
            if kind == "shape":
                s = self.templates.shapes.index(n)
                linear, bent = layers[1 + s], layers[1 + n_shapes + s]
                if not (linear.any() or bent.any()):
                    continue
                data = _histograms(nominal - linear + bent, nominal + linear + bent)
            elif target not in n.targets:
                continue
            elif kind == "histosys":
                data = _histograms((1 - n.uncertainty) * nominal, (1 + n.uncertainty) * nominal)
            elif kind == "normsys":
                low = 1 / (1 + n.uncertainty) if n.constraint == "log-normal" else 1 - n.uncertainty
                data = {"lo": low, "hi": 1 + n.uncertainty}
            modifiers.append(
                {"name": parameter, "type": "histosys" if kind == "shape" else kind, "data": data}
            )
        if factor is not None:
            modifiers.append({"name": factor, "type": "normfactor", "data": None})
        return {"name": name, "data": nominal.tolist(), "modifiers": modifiers}

    def parameters(self, auxiliary: ArrayLike) -> list[dict[str, Any]]:
        """Make the settings of the parameters: start, range, auxiliary measurement.

        Parameters
        ----------
        auxiliary : array_like, shape (n_nuisances,)
            Measured pulls.
        """
        measured = np.asarray(auxiliary, np.float64)
        pairs = zip(self.templates.nuisances, self.kinds, self.names, measured, strict=True)
        return [_settings(n, kind, name, float(a)) for n, kind, name, a in pairs]

    def values(self, pulls: Array) -> dict[str, Array]:
        """Return the values of the parameters at pulls, shape (n, n_nuisances): each of shape (n,)."""
        triples = zip(self.templates.nuisances, self.kinds, self.names, strict=True)
        return {
            name: np.asarray(n.value(x)) if kind in {"lumi", "normfactor"} else x
            for (n, kind, name), x in zip(triples, np.asarray(pulls, np.float64).T, strict=True)
        }

    def difference(self, signals: Sequence[Signal]) -> Difference:
        """Find the largest difference from the expected counts of the fit.

        Parameters
        ----------
        signals : sequence of Signal
            Values of the parameter of interest with what the signal is there.

        Notes
        -----
        Each nuisance parameter is pulled by ±0.5, ±1 and ±2, each pair by ±1 and ±2, as far as factors stay
        at least 0.
        """
        pulls = self._pulls
        worst = Difference(errors=0.0, pulls={})
        for poi, parts, factors in signals:
            values: dict[str, Any] = {name: np.full(len(pulls), value) for name, value in factors.items()}
            theirs = expected_counts(self.channels(parts), values | self.values(pulls))
            ours = np.array([self.templates.expected(poi, x) for x in pulls])
            errors = np.abs(theirs - ours) / np.sqrt(np.maximum(ours[0], 1.0))
            row = int(errors.max(axis=1).argmax())
            largest = float(errors[row].max())
            if largest > worst.errors:
                moved = zip(self.templates.nuisances, pulls[row], strict=True)
                worst = Difference(
                    errors=largest,
                    pulls={n.name: float(x) for n, x in moved if x},
                    **self._place(int(errors[row].argmax())),
                )
        return worst

    def _place(self, number: int) -> dict[str, Any]:
        """Name the channel of a bin, and its number there."""
        e = next(e for e, bins in enumerate(self.templates.bins) if number < bins.stop)
        first = self.templates.bins[e].start
        return {"channel": self.templates.experiments[e].name, "bin": number - first}

    @cached_property
    def _pulls(self) -> Array:
        """Points at which counts are compared, the nominal one first, shape (n, n_nuisances)."""
        n = len(self.templates.nuisances)
        points = [np.zeros(n)]
        for m in range(n):
            points += [_moved(n, (m,), (x,)) for x in _ALONE]
        for pair in combinations(range(n), 2):
            points += [_moved(n, pair, x) for x in _TOGETHER]
        return np.maximum(np.array(points), [nuisance.lowest for nuisance in self.templates.nuisances])


def _moved(n: int, which: tuple[int, ...], x: tuple[float, ...]) -> Array:
    point = np.zeros(n)
    point[list(which)] = x
    return point


def _histograms(low: Array, high: Array) -> dict[str, list[float]]:
    return {"lo_data": low.tolist(), "hi_data": high.tolist()}


def _add_errors(channel: dict[str, Any], errors: Array) -> None:
    """Give all samples of a channel a staterror, whose relative size of the sum is that of the templates."""
    samples = channel["samples"]
    nominal = np.sum([sample["data"] for sample in samples], axis=0)
    wrong = np.flatnonzero((errors > 0) & (nominal <= 0))
    if wrong.size:
        raise ValueError(
            f"bin {wrong[0]} (from 0) of {channel['name']} has nominal counts of {nominal[wrong[0]]:g}, and "
            "HistFactory's staterror has none of such: fix the parameter with --at, or take "
            "--set fit.templates=quadrature"
        )
    for number, sample in enumerate(samples):
        data = errors * nominal if number == 0 else np.zeros(len(errors))
        modifier = {"name": f"templates_{channel['name']}", "type": "staterror", "data": data.tolist()}
        sample["modifiers"].append(modifier)


def _settings(n: Nuisance, kind: Kind, name: str, measured: float) -> dict[str, Any]:
    """Make the settings of a parameter that is measured at a pull."""
    if kind == "normfactor":
        return {"name": name, "inits": [1.0], "bounds": [[0.0, max(_MOST_FREE, 1 + 20 * n.uncertainty)]]}
    low, high = max(measured - _REACH, n.lowest), max(measured, n.lowest) + _REACH
    start = max(measured, low)
    if kind == "lumi":
        bounds, inits, auxiliary = [n.value(low), n.value(high)], n.value(start), n.value(measured)
        settings = {"sigmas": [n.uncertainty]}
    else:
        bounds, inits, auxiliary, settings = [low, high], start, measured, {}
    return {"name": name, "inits": [inits], "bounds": [bounds], "auxdata": [auxiliary], **settings}
