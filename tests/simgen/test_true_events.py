"""True events against the distributions they are drawn from."""

import math

import numba
import numpy as np
import pytest
from scipy import stats
from scipy.integrate import cumulative_simpson
from scipy.interpolate import CubicSpline
from support import reference
from support.examples import every, few
from support.experiments import mixed_source

from simgen._kernels.events import recoils
from simgen._kernels.tiles import FIRST, RECOIL, ROW, ROWS, SECOND, SPAN, TILE, UNIFORM
from simgen.deposits import Deposit, Uniform
from simgen.flavours import Flavour
from simgen.generator.channels import make_plan as plan
from simgen.generator.recoil import cubic, steps
from simgen.generator.true_events import generate
from simgen.interaction.crosssection import dsigma_dT, sigma, weak_integral
from simgen.interaction.kinematics import T_max, cos_theta
from simgen.interaction.models import E6, LR, SM
from simgen.rates.rate import mean_sigma
from simgen.sources.isotopes import Component, Lines, Source, cr51, pm147

ALPHA = 1e-3
N = 400_000
SPEC = Lines(energies=(0.746, 3.0), intensities=(1.0, 0.4))


def line_source(flavour):
    return Source(name="line", components=(Component(name="line", flavour=flavour, spectrum=SPEC),))


def spectrum_cdf(density, low, high, *, logarithmic=False):
    """Tabulate a CDF by Simpson's rule, dense at both ends, and interpolate it."""
    s = np.sin(np.linspace(0, np.pi / 2, 4001)) ** 2
    x = low * (high / low) ** s if logarithmic else low + (high - low) * s
    jacobian = np.pi * np.sqrt(s * (1 - s)) * (x * math.log(high / low) if logarithmic else high - low)
    grid = np.linspace(0, 1, 4001)
    # at T_max the QED factors diverge as a logarithm, and the Jacobian makes a zero of it
    values = np.zeros_like(x)
    values[1:-1] = density(x[1:-1]) * jacobian[1:-1]
    cumulative = cumulative_simpson(values, x=grid, initial=0)
    return (
        CubicSpline(grid, cumulative / cumulative[-1]),
        lambda t: (
            (2 / np.pi)
            * np.arcsin(
                np.sqrt(
                    np.clip(
                        np.log(t / low) / math.log(high / low) if logarithmic else (t - low) / (high - low),
                        0,
                        1,
                    )
                )
            )
        ),
    )


def ks(sample, density, low, high, *, logarithmic=False):
    cdf, to_grid = spectrum_cdf(density, low, high, logarithmic=logarithmic)
    return stats.kstest(sample, lambda t: np.clip(cdf(to_grid(t)), 0, 1)).pvalue


@pytest.mark.parametrize("flavour", every(3, [Flavour.NU_E, Flavour.ANTI_NU_E, Flavour.NU_MU]))
@pytest.mark.parametrize(
    ("model", "T_low"),
    [
        (SM(), 0.0),
        (SM(), 0.25),
        (SM(mu_nu=2e-10), 1e-4),
        (SM(corrections="electroweak"), 0.0),
        (SM(corrections="full"), 0.0),
        (SM(corrections="full", mu_nu=2e-10), 1e-3),
    ],
)
def test_recoils_and_line_fractions(flavour, model, T_low):
    """Twin. Finds a CDF distorted by 0.3 % anywhere, or lines in the wrong ratio (KS and χ²; α = 1e-3)."""
    prepared = plan(line_source(flavour), model, luminosity=1e45, T_low=T_low)
    events = generate(prepared, N, seed=12)
    weights = [
        w * float(sigma(E, model, flavour=flavour, T_low=T_low))
        for E, w in zip(SPEC.energies, SPEC.intensities, strict=True)
    ]
    counts = np.bincount(events.line, minlength=2)
    assert stats.chisquare(counts, np.array(weights) / sum(weights) * N).pvalue > ALPHA
    assert prepared.expected == pytest.approx(1e45 * sum(weights), rel=1e-9)
    for line, E_nu in enumerate(SPEC.energies):
        T = events.T[events.line == line]
        low, high = max(T_low, 1e-12), float(T_max(E_nu))
        assert T.min() >= T_low
        assert T.max() <= high
        density = lambda t, E=E_nu: dsigma_dT(t, E, model, flavour=flavour)  # noqa: E731
        assert ks(T, density, low, high, logarithmic=T_low > 0) > ALPHA


@pytest.mark.parametrize("data", every(2, ["paper", "modern"]))
@pytest.mark.parametrize(
    ("model", "T_low"), [(SM(), 0.0), (SM(), 0.02), (SM(mu_nu=1e-10), 1e-4), (SM(corrections="full"), 0.0)]
)
def test_neutrino_energies_of_a_continuum(data, model, T_low):
    """Twin. Finds E_nu drawn from f(ω) instead of f(ω)σ(ω), or a table too coarse at its ends (KS)."""
    source = pm147(data)
    spectrum = source.components[0].spectrum
    events = generate(plan(source, model, luminosity=1e45, T_low=T_low), N, seed=13)
    low = 0.5 * (T_low + math.sqrt(T_low * (T_low + 2 * reference.M_E)))

    def density(E_nu):
        return spectrum.density(E_nu) * sigma(E_nu, model, flavour=Flavour.ANTI_NU_E, T_low=T_low)

    assert ks(events.E_nu, density, low, spectrum.endpoint) > ALPHA


@pytest.mark.parametrize(
    "model", every(2, [SM(), SM(corrections="full"), E6(beta="chi", gamma=0.3), LR(gamma=0.3)])
)
def test_recoils_given_the_neutrino_energy(model):
    """Twin. Finds T that does not belong to its E_nu: F(T | E_nu) of a continuum must be uniform (KS)."""
    events = generate(plan(pm147(), model, luminosity=1e45), 10_000, seed=14)
    share = sigma(events.E_nu, model, flavour=Flavour.ANTI_NU_E, T_high=events.T) / sigma(
        events.E_nu, model, flavour=Flavour.ANTI_NU_E
    )
    assert stats.kstest(share, "uniform").pvalue > ALPHA


@pytest.mark.parametrize("model", [SM(), SM(corrections="full"), SM(mu_nu=1e-10, corrections="electroweak")])
def test_components_of_a_mixed_source(model):
    """Twin. Finds components, lines or deposits in the wrong ratio (χ², 4e5 events, α = 1e-3)."""
    source, luminosity, T_low = mixed_source(), 1e47, 2e-3
    deposits = (
        Deposit(spectrum=Uniform(low=0.1, high=0.4), mean=60.0),
        Deposit(spectrum=Uniform(low=-0.1, high=0.2), mean=30.0),
    )
    prepared = plan(source, model, luminosity=luminosity, T_low=T_low, deposits=deposits)
    expected = [luminosity * mean_sigma(c, model, T_low=T_low) for c in source.components] + [60.0, 30.0]
    assert prepared.expected == pytest.approx(sum(expected), rel=1e-9)
    events = generate(prepared, N, seed=15)
    counts = np.bincount(events.component, minlength=5)
    assert min(expected) / sum(expected) * N > 100
    assert stats.chisquare(counts, np.array(expected) / sum(expected) * N).pvalue > ALPHA
    for component, deposit in enumerate(deposits, start=3):
        T, flat = events.T[events.component == component], deposit.spectrum
        assert stats.kstest(T, "uniform", args=(flat.low, flat.high - flat.low)).pvalue > ALPHA
    background = events.component >= 3
    assert np.all(events.E_nu[background] == 0)
    assert np.all(events.cos_theta[background] == 0)
    signal = ~background
    np.testing.assert_allclose(
        events.cos_theta[signal], np.minimum(cos_theta(events.T[signal], events.E_nu[signal]), 1), rtol=1e-12
    )
    assert np.all(events.T[signal] <= T_max(events.E_nu[signal]))


@pytest.mark.parametrize("source", [line_source(Flavour.NU_E), pm147()], ids=lambda s: s.name)
def test_rejection_keeps_the_share_of_other_channels(source):
    """Twin. Finds a channel weighted without its envelope: 0.6 % of its share (1e6 events, 3.3 σ)."""
    model, luminosity = LR(gamma=2.0, corrections="full"), 1e45
    mean = luminosity * sum(mean_sigma(c, model) for c in source.components)
    deposit = Deposit(spectrum=Uniform(low=0.0, high=1.0), mean=mean)
    events = generate(plan(source, model, luminosity=luminosity, deposits=(deposit,)), 1_000_000, seed=18)
    assert abs(np.mean(events.component == 1) - 0.5) < 3.3 * 0.5 / 1000


@pytest.mark.parametrize("source", every(3, [cr51(), pm147(), mixed_source()]), ids=lambda s: s.name)
@pytest.mark.parametrize("corrections", ["electroweak", "full"])
@pytest.mark.parametrize("make", [SM, lambda **k: E6(beta="chi", gamma=2.0, **k)], ids=["SM", "chi"])
def test_boxes_bound_the_density(source, corrections, make):
    """Property. Finds bounds that change the spectrum: random points in each cell lie between them."""
    model = make(corrections=corrections)
    arrays = plan(source, model, luminosity=1e44).arrays
    rng = np.random.default_rng(4)
    for c in range(len(arrays.process)):
        component = source.components[arrays.component[c]]
        end = arrays.first_box[c] + arrays.n_cells[c]
        upper, lower = np.repeat(arrays.bounds[arrays.first_box[c] : end], 4, axis=0).T
        low, width, start, step, most, least, first, last = np.repeat(
            arrays.boxes[arrays.first_box[c] : end], 4, axis=0
        ).T
        E_nu = low + rng.random(len(low)) * width
        T = T_max(E_nu) * (start + rng.random(len(low)) * step)
        spectrum = np.ones(len(low))
        if arrays.first_node[c] >= 0:  # what the kernel takes for it
            nodes = arrays.nodes[arrays.first_node[c] : arrays.last_node[c] + 1]
            spectrum = np.interp(E_nu, *nodes.T)
            assert np.all(arrays.nodes[first.astype(int), 0] == low)
            assert np.all((E_nu <= arrays.nodes[last.astype(int), 0] * (1 + 1e-15)) & (first < last))
        assert np.all((least <= spectrum * lower) & (spectrum * upper <= most))
        cross = T_max(E_nu) * dsigma_dT(T, E_nu, model, flavour=component.flavour) / reference.SIGMA0
        assert np.all(cross <= upper)
        assert np.all(np.maximum(cross, 0) >= lower)  # near T_max first order in α falls below 0


@numba.njit(error_model="numpy")
def _compiled(w, n, series, low):
    recoils(w, n, series, low)


def _inverse(p, q, span, n, low, *, series, recoils=_compiled):
    w = np.empty(ROWS * TILE)
    w[UNIFORM : UNIFORM + ROW], w[FIRST : FIRST + ROW], w[SECOND : SECOND + ROW] = U, p, q
    w[SPAN : SPAN + ROW] = span
    recoils(w, n, series, low)
    return w[RECOIL : RECOIL + ROW]


U = np.concatenate(
    [10.0 ** -np.arange(15, 1, -1), np.linspace(0.01, 0.99, TILE - 27), 1 - 10.0 ** -np.arange(2, 15)]
)


@pytest.mark.long
@pytest.mark.parametrize("omega", [0.005, 0.746, 50.0])
@pytest.mark.parametrize(
    "couplings", every(3, [(0.73, 0.23), (0.23, 0.73), (-0.27, 0.23), (0.0, 0.23), (0.2, -0.5)])
)
@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("series", [False, True])
def test_inverse_of_the_weak_distribution(omega, couplings, share, series):
    """Twin. Finds steps that stop early: F(F⁻¹(u)) = u to 1e-12 at both ends and for odd couplings."""
    a, b = couplings
    high = float(T_max(omega))
    low = share * high
    products = (a * a, b * b, a * b)
    p, q, span = cubic(products, omega, low)
    n = steps(p, q, series=series)
    if n is None:
        assert series  # the series is for densities that vary little
        return
    T = _inverse(float(p), float(q), float(span), n, low, series=series)
    found = weak_integral(products, omega, low, T) / weak_integral(products, omega, low, high)
    np.testing.assert_allclose(found, U, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "recoils", few([_compiled, recoils.py_func], recoils.py_func), ids=["compiled", "python"]
)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9999])
def test_inverse_where_the_density_ends_in_a_zero(share, recoils):
    """Closed form. Finds steps that fail at a = b m/(m + 2ω), where ν̄_e and e do not scatter backwards.

    The function as Python runs it, and in a long run as it is compiled.
    """
    omega, b = 0.555, 0.73
    a = b * reference.M_E / (reference.M_E + 2 * omega)
    high = float(T_max(omega))
    products = (a * a, b * b, a * b)
    p, q, span = cubic(products, omega, share * high)
    n = steps(p, q, series=False)
    T = _inverse(float(p), float(q), float(span), n, share * high, series=False, recoils=recoils)
    # the density is (1 - x) (a + b (1 - x)), low at x = 0 and of integral 1
    low, end = 1 - p - q, 1 + p + 2 * q
    assert abs(end) < 1e-12
    left = 1 - (T - share * high) / span
    np.testing.assert_allclose(left**2 * (3 - low + (low - 2) * left), 1 - U, rtol=0, atol=1e-10)


def test_slices_are_the_whole():
    """Contract. Finds an event that depends on the slice it was drawn in."""
    prepared = plan(mixed_source(), SM(corrections="full"), luminosity=1e45)
    whole = generate(prepared, 1000, seed=17, first=5)
    parts = [generate(prepared, n, seed=17, first=first) for first, n in ((5, 1), (6, 499), (505, 500))]
    for name, column in whole.columns().items():
        joined = np.concatenate([part.columns()[name] for part in parts])
        np.testing.assert_array_equal(joined, column, err_msg=name)


def test_seed_and_identity_make_other_events():
    """Contract. Finds a seed or identity that is not used."""
    prepared = plan(cr51(), SM(), luminosity=1e45)
    samples = [
        generate(prepared, 100, seed=seed, identity=identity).T
        for seed, identity in ((1, ()), (2, ()), (1, (0,)), (1, (1,)))
    ]
    assert np.unique(samples).size == 400


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: plan(cr51(), SM(mu_nu=1e-11), luminosity=1.0), r"mu_nu.*T → 0.*generate_above"),
        (lambda: plan(cr51(), SM(), luminosity=1.0, T_low=1.0), r"no recoil above 1.0 MeV"),
        (lambda: generate(plan(cr51(), SM(), luminosity=1.0), -1, seed=1), "n and first must be ≥ 0, got -1"),
        (lambda: generate(plan(cr51(), SM(), luminosity=1.0), 1, seed=1, first=-2), "got 1 and -2"),
        (lambda: generate(plan(cr51(), SM(), luminosity=1.0), 1, seed=-3), "seed must be an integer"),
    ],
)
def test_errors(call, words):
    """Contract. Finds a divergence or an empty run that goes unnoticed."""
    with pytest.raises(ValueError, match=words):
        call()
