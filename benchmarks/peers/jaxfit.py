"""JAX: Newton's method on all toys at once, compiled, in double precision on one core."""

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.worker import Fits, serve
from benchmarks.spec import Spec

jax.config.update("jax_enable_x64", True)
_MOST = 60


def make(spec: Spec, n: int) -> tuple[Fits, str]:
    """Compile free and conditional fits of n toys."""
    powers, backgrounds = jnp.array(spec.powers), jnp.array(spec.backgrounds)
    shape, n_layers = spec.shape, spec.powers.shape[1]

    def expected(p):  # type: ignore[no-untyped-def]
        g, x = p[0] * spec.width, p[1 + shape] if shape is not None else 0.0
        weights = jnp.stack([jnp.ones(()), x, x * x])[:n_layers] if n_layers > 1 else jnp.ones(1)
        factor = [1.0] * (1 + len(backgrounds))
        for m, (sigma, target) in enumerate(zip(spec.sigma, spec.target, strict=True)):
            if target >= 0:
                factor[target] = factor[target] * (1.0 + sigma * p[1 + m])
        mu = factor[0] * (weights @ (powers[0] + g * (powers[1] + g * powers[2])))
        for f, background in zip(factor[1:], backgrounds, strict=True):
            mu = mu + f * (weights @ background)
        return jnp.maximum(mu, 1e-290)

    def value(p, n, a):  # type: ignore[no-untyped-def]
        mu = expected(p)
        return 2.0 * jnp.sum(mu - n + n * jnp.log(jnp.maximum(n, 1e-290) / mu)) + jnp.sum((p[1:] - a) ** 2)

    gradient, hessian = jax.grad(value), jax.hessian(value)

    def fisher(p):  # type: ignore[no-untyped-def]
        change = jax.jacfwd(expected)(p)
        measured = jnp.concatenate([jnp.zeros(1), jnp.ones(len(p) - 1)])
        return 2.0 * (change.T / expected(p)) @ change + 2.0 * jnp.diag(measured)

    def minimise(start, n, a, first):  # type: ignore[no-untyped-def]
        def step(state):  # type: ignore[no-untyped-def]
            p, _, number = state
            g = gradient(p, n, a)[first:]
            h = jnp.where(number < 1, fisher(p)[first:, first:], hessian(p, n, a)[first:, first:])
            change = -jnp.linalg.solve(h, g) if len(g) > 1 else -g / h[0]
            return p.at[first:].add(change), -0.5 * change @ g, number + 1

        more = lambda s: (jnp.abs(s[1]) > 1e-10) & (s[2] < _MOST)  # noqa: E731
        p, _, _ = jax.lax.while_loop(more, step, (start, jnp.inf, 0))
        return p, value(p, n, a)

    @jax.jit
    def both(n, a):  # type: ignore[no-untyped-def]
        start = jnp.zeros(1 + len(spec.sigma)).at[0].set(spec.truth / spec.width)
        free, low = jax.vmap(lambda n, a: minimise(start, n, a, 0))(n, a)
        if len(spec.sigma):
            high = jax.vmap(lambda n, a: minimise(start, n, a, 1)[1])(n, a)
        else:
            high = jax.vmap(lambda n, a: value(start, n, a))(n, a)
        return free[:, 0] * spec.width, low, high

    counts, auxiliary = jnp.array(spec.counts[:n]), jnp.array(spec.auxiliary[:n])

    def fits(number: int) -> tuple[NDArray[np.float64], ...]:
        return tuple(np.asarray(x) for x in both(counts[:number], auxiliary[:number]))

    fits(n)
    return fits, f"JAX {jax.__version__}"  # type: ignore[return-value]


if __name__ == "__main__":
    serve(make)
