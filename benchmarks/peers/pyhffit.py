"""pyhf: γ a factor of one sample and, by a modifier of our own, its square one of another.

With the argument `limit` it computes the upper limit of each toy in place of the fits.
"""

import importlib.util
import os
import sys

os.environ["JAX_PLATFORMS"] = "cpu"

import numpy as np
import pyhf
from numpy.typing import NDArray
from pyhf.modifiers import histfactory_set
from pyhf.modifiers.normfactor import normfactor_builder, normfactor_combined

from benchmarks.peers.worker import Fits, serve
from benchmarks.spec import Spec


class Square(normfactor_combined):  # type: ignore[misc]
    """A factor that is the square of its parameter."""

    name = "square"

    def apply(self, pars):  # type: ignore[no-untyped-def]
        """Return the squared factors."""
        found = super().apply(pars)
        return None if found is None else found**2


def _sample(name: str, contents: NDArray[np.float64], factor: str, norms: list[tuple[str, float]]):  # type: ignore[no-untyped-def]
    """Make a sample; (1 ± σ) times it, interpolated linearly, is a factor 1 + σx."""
    modifiers = [
        {
            "name": norm,
            "type": "histosys",
            "data": {"hi_data": list((1 + sigma) * contents), "lo_data": list((1 - sigma) * contents)},
        }
        for norm, sigma in norms
    ]
    if factor:
        modifiers.append({"name": "gamma", "type": factor, "data": None})
    return {"name": name, "data": list(contents), "modifiers": modifiers}


def make(spec: Spec, n: int) -> tuple[Fits, str]:
    """Build the model."""
    if spec.shape is not None:
        raise SystemExit("pyhf has no shape that is a parabola in its parameter everywhere")
    backend = "jax" if "jax" in sys.argv[3:] else "numpy"
    if backend == "jax" and importlib.util.find_spec("jax") is None:
        raise SystemExit("jax is not installed")
    pyhf.set_backend(backend, precision="64b")

    def norms(component: int) -> list[tuple[str, float]]:
        pairs = enumerate(zip(spec.sigma, spec.target, strict=True))
        return [(f"x{m}", float(sigma)) for m, (sigma, target) in pairs if target == component]

    scaled = spec.powers[:, 0] * np.array([1.0, spec.width, spec.width**2])[:, None]
    samples = [
        _sample(name, contents, factor, norms(0))
        for name, contents, factor in zip("abc", scaled, ("", "normfactor", "square"), strict=True)
    ]
    samples += [_sample(f"background{j}", b[0], "", norms(1 + j)) for j, b in enumerate(spec.backgrounds)]
    model = pyhf.Model(
        {"channels": [{"name": "bins", "samples": samples}]},
        poi_name="gamma",
        modifier_set={**histfactory_set, "square": (normfactor_builder, Square)},
        modifier_settings={"histosys": {"interpcode": "code0"}},
        validate=False,
    )
    where = model.config.par_map["gamma"]["slice"].start
    start, bounds = model.config.suggested_init(), model.config.suggested_bounds()
    start[where], bounds[where] = spec.truth / spec.width, (-100.0, 100.0)
    order = [int(name.removeprefix("x")) for name in model.config.auxdata_order]

    def one(counts: NDArray[np.float64], auxiliary: NDArray[np.float64]) -> tuple[float, float, float]:
        data = pyhf.tensorlib.astensor([*counts, *auxiliary[order]])
        best, free = pyhf.infer.mle.fit(data, model, start, bounds, return_fitted_val=True)
        if len(start) > 1:
            truth = start[where]
            _, held = pyhf.infer.mle.fixed_poi_fit(truth, data, model, start, bounds, return_fitted_val=True)
        else:
            held = pyhf.infer.mle.twice_nll(pyhf.tensorlib.astensor(start), data, model)
        return float(best[where]) * spec.width, float(np.squeeze(free)), float(np.squeeze(held))

    def limit(counts: NDArray[np.float64], auxiliary: NDArray[np.float64]) -> tuple[float, float, float]:
        data = pyhf.tensorlib.astensor([*counts, *auxiliary[order]])
        found, _ = pyhf.infer.intervals.upper_limits.toms748_scan(
            data, model, 0.05, 20.0, level=0.05, init_pars=start, par_bounds=bounds
        )
        return float(found) * spec.width, 0.0, 0.0

    work = limit if "limit" in sys.argv[3:] else one

    def fits(number: int) -> tuple[NDArray[np.float64], ...]:
        pairs = zip(spec.counts[:number], spec.auxiliary[:number], strict=True)
        return tuple(np.array([work(*pair) for pair in pairs]).T)

    return fits, f"pyhf {pyhf.__version__}, {backend}"  # type: ignore[return-value]


if __name__ == "__main__":
    serve(make)
