"""True events, drawn one by one: the stochastic twin of `simgen.rate`.

The recoil energy comes from the inverse of its closed-form distribution, without bins. With radiative
corrections the closed form is the proposal and a rejection step makes the distribution exact. The neutrino
energy of a continuum comes from a piecewise linear density on 4097 nodes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.vertex import ELECTROWEAK, FLAT, FULL, MAGNETIC, TREE, WEAK, PlanArrays, fill_vertices
from simgen.constants import M_E, SIGMA0
from simgen.crosssection import dsigma_dT, magnetic_integral, weak_integral
from simgen.events import Events
from simgen.kinematics import E_nu_min, T_max
from simgen.models import Model, couplings
from simgen.random import Stage, kernel_key
from simgen.rate import mean_sigma
from simgen.sources import Component, Lines, Source

__all__ = ["FlatDeposit", "Plan", "generate", "plan"]

Array = NDArray[np.float64]

_N_NODES = 4097
_MARGIN = 1.01
_LEVEL = {"tree": TREE, "electroweak": ELECTROWEAK, "full": FULL}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatDeposit:
    """Events that no neutrino made, flat in energy.

    Parameters
    ----------
    low, high : float
        Range of the energy [MeV].
    mean : float
        Mean number of events.
    """

    low: float
    high: float
    mean: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the kernel draws from, and how many events are to be expected.

    Parameters
    ----------
    arrays : PlanArrays
        Tables of the kernel.
    expected : float
        Mean number of events: interactions above T_low, and deposits.
    """

    arrays: PlanArrays
    expected: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Channel:
    """One way to make an event, as proposed."""

    process: int
    component: int
    weight: float = 0.0
    line: int = 0
    energy: float = 0.0
    width: float = 0.0
    table: tuple[Array, Array] | None = None
    proposal: Sequence[float] = (0.0, 0.0, 0.0)
    amplitudes: Sequence[float] = (0.0, 0.0, 0.0, 0.0)
    envelope: float = 1.0
    charged_current: bool = True


def plan(
    source: Source,
    model: Model,
    *,
    luminosity: float,
    T_low: float = 0.0,
    deposits: Sequence[FlatDeposit] = (),
) -> Plan:
    """Prepare the generation of events.

    Parameters
    ----------
    source : Source
    model : Model
    luminosity : float
        Electrons × decays per cm² [cm⁻²].
    T_low : float
        Smallest true recoil energy [MeV]; above 0 where dσ/dT diverges.
    deposits : sequence of FlatDeposit
        Their component numbers follow those of the source.

    Raises
    ------
    ValueError
        If dσ/dT diverges and T_low = 0, or nothing is expected at all.
    """
    if model.mu_nu and T_low <= 0:
        raise ValueError(
            "with mu_nu ≠ 0 dσ/dT diverges at T → 0: generating needs model.generate_above, "
            "a true recoil energy such as '1 keV'"
        )
    channels: list[_Channel] = []
    expected = 0.0
    for i, component in enumerate(source.components):
        found = _weak_channels(i, component, model, T_low)
        if model.mu_nu:
            found += _magnetic_channels(i, component, model, T_low)
        channels += [replace(c, weight=luminosity * c.weight) for c in found]
        expected += luminosity * mean_sigma(component, model, T_low=T_low)
    for i, deposit in enumerate(deposits, start=len(source.components)):
        width = deposit.high - deposit.low
        channels.append(
            _Channel(weight=deposit.mean, process=FLAT, component=i, energy=deposit.low, width=width)
        )
        expected += deposit.mean
    channels = [c for c in channels if c.weight > 0]
    if not channels:
        raise ValueError(f"no recoil above {T_low} MeV is possible and there is no background: no events")
    return Plan(arrays=_pack(channels, T_low, _LEVEL[model.corrections]), expected=expected)


def _amplitudes(component: Component, model: Model) -> tuple[list[float], list[float]]:
    """Return a₀, a₁, b₀, b₁, and the proposal's coefficients of the three kinematic shapes."""
    c = couplings(model, charged_current=component.flavour.charged_current)
    a, b = (c.g_L[0] + c.c_L, c.g_L[1]), c.g_R
    at_one = c.at()
    if component.flavour.antineutrino:
        a, b, at_one = b, a, at_one[::-1]
    proposal = [at_one[0] ** 2, at_one[1] ** 2, at_one[0] * at_one[1]]
    if model.corrections != "tree":
        proposal[0] += 0.01 * (proposal[0] + proposal[1])  # keeps the ratio finite where the square vanishes
    return [*a, *b], proposal


def _spectrum_lines(component: Component, T_low: float) -> list[tuple[int, float, float]]:
    """List the lines that can give a recoil above T_low: number, energy [MeV], intensity."""
    spectrum = component.spectrum
    if not isinstance(spectrum, Lines):
        return []
    rows = zip(spectrum.energies, spectrum.intensities, strict=True)
    return [(i, e, w) for i, (e, w) in enumerate(rows) if T_max(e) > T_low]


def _continuum_nodes(component: Component, T_low: float) -> tuple[Array, Array]:
    """Place nodes in E_nu, dense at both ends, and evaluate the spectrum there [1/MeV]."""
    spectrum = component.spectrum
    if isinstance(spectrum, Lines) or spectrum.endpoint <= E_nu_min(T_low):
        return np.empty(0), np.empty(0)
    low = float(E_nu_min(T_low))
    angle = np.linspace(0, np.pi / 2, _N_NODES)
    nodes = low + (spectrum.endpoint - low) * np.sin(angle) ** 2
    return nodes, spectrum.density(nodes)


def _weak_channels(number: int, component: Component, model: Model, T_low: float) -> list[_Channel]:
    """Make the channels of weak scattering, one a line or continuum; weights per unit luminosity."""
    amplitudes, proposal = _amplitudes(component, model)
    common = _Channel(
        process=WEAK,
        component=number,
        proposal=proposal,
        amplitudes=amplitudes,
        charged_current=component.flavour.charged_current,
    )
    channels = []
    for line, energy, intensity in _spectrum_lines(component, T_low):
        envelope = _envelope(np.array([energy]), component, model, proposal, T_low)
        total = float(weak_integral(proposal, energy, T_low, T_max(energy)))
        weight = intensity * envelope * total
        channels.append(replace(common, weight=weight, line=line, energy=energy, envelope=envelope))
    nodes, density = _continuum_nodes(component, T_low)
    if nodes.size:
        coarse = nodes[_N_NODES // 64 :: _N_NODES // 64]
        envelope = _envelope(coarse, component, model, proposal, T_low)
        proposed = np.zeros_like(nodes)
        proposed[1:] = density[1:] * weak_integral(proposal, nodes[1:], T_low, T_max(nodes[1:]))
        weight = envelope * float(np.trapezoid(proposed, nodes))
        channels.append(replace(common, weight=weight, table=(nodes, proposed), envelope=envelope))
    return channels


def _magnetic_channels(number: int, component: Component, model: Model, T_low: float) -> list[_Channel]:
    """Make the channels of magnetic scattering; weights per unit luminosity."""
    common = _Channel(process=MAGNETIC, component=number)
    channels = []
    for line, energy, intensity in _spectrum_lines(component, T_low):
        weight = intensity * model.mu_nu**2 * float(magnetic_integral(energy, T_low, T_max(energy)))
        channels.append(replace(common, weight=weight, line=line, energy=energy))
    nodes, density = _continuum_nodes(component, T_low)
    if nodes.size:
        proposed = np.zeros_like(nodes)
        proposed[1:] = density[1:] * magnetic_integral(nodes[1:], T_low, T_max(nodes[1:]))
        weight = model.mu_nu**2 * float(np.trapezoid(proposed, nodes))
        channels.append(replace(common, weight=weight, table=(nodes, proposed)))
    return channels


def _envelope(
    E_nu: Array, component: Component, model: Model, proposal: Sequence[float], T_low: float
) -> float:
    """Bound the ratio of the corrected cross section to the proposal, on a grid with a margin."""
    if model.corrections == "tree":
        return 1.0
    end = T_max(E_nu)[:, None]
    u_high = np.sqrt(np.maximum(1 - T_low / end, 0))
    T = end * (1 - (u_high * np.linspace(1e-4, 0.9999, 400)) ** 2)
    omega = E_nu[:, None]
    z = T / omega
    proposed = SIGMA0 * (proposal[0] + proposal[1] * (1 - z) ** 2 - proposal[2] * M_E * T / omega**2)
    weak = replace(model, mu_nu=0.0)
    return _MARGIN * float(np.max(dsigma_dT(T, omega, weak, flavour=component.flavour) / proposed))


def _pack(channels: list[_Channel], T_low: float, corrections: int) -> PlanArrays:
    """Lay the channels out in the arrays of the kernel."""
    cumulative = np.cumsum([c.weight for c in channels])
    cumulative /= cumulative[-1]
    tables = [c.table for c in channels if c.table is not None]
    nodes = np.array([t[0] for t in tables]).reshape(len(tables), _N_NODES)
    density = np.array([t[1] for t in tables]).reshape(len(tables), _N_NODES)
    steps = (density[:, 1:] + density[:, :-1]) / 2 * np.diff(nodes, axis=1)
    integral = np.zeros_like(nodes)
    integral[:, 1:] = np.cumsum(steps, axis=1)
    integral /= integral[:, -1:]
    has_table = np.array([c.table is not None for c in channels])
    return PlanArrays(
        cumulative=cumulative,
        process=np.array([c.process for c in channels], np.int64),
        component=np.array([c.component for c in channels], np.int32),
        line=np.array([c.line for c in channels], np.int32),
        energy=np.array([c.energy for c in channels]),
        width=np.array([c.width for c in channels]),
        table=np.where(has_table, np.cumsum(has_table) - 1, -1),
        proposal=np.array([c.proposal for c in channels], np.float64),
        amplitudes=np.array([c.amplitudes for c in channels], np.float64),
        envelope=np.array([c.envelope for c in channels]),
        charged_current=np.array([c.charged_current for c in channels]),
        nodes=nodes,
        density=density,
        integral=integral,
        T_low=T_low,
        corrections=corrections,
    )


def generate(plan: Plan, n: int, *, seed: int, first: int = 0, identity: Sequence[int] = ()) -> Events:
    """Draw true events.

    Parameters
    ----------
    plan : Plan
    n : int
        Number of events.
    seed : int
    first : int
        Index of the first event; event i is the same whatever slice it is drawn in.
    identity : sequence of int
        What keeps the members of a study apart, such as the number of a pseudo-experiment.

    Returns
    -------
    Events
    """
    if n < 0 or first < 0:
        raise ValueError(f"n and first must be ≥ 0, got {n} and {first}")
    k0, k1 = kernel_key(seed, Stage.VERTEX, *identity).astype(np.uint64)
    component, line = np.empty(n, np.int32), np.empty(n, np.int32)
    E_nu, T, cos_theta = np.empty(n), np.empty(n), np.empty(n)
    fill_vertices(first, plan.arrays, k0, k1, component, line, E_nu, T, cos_theta)
    return Events(
        event=np.arange(first, first + n, dtype=np.int64),
        component=component,
        line=line,
        E_nu=E_nu,
        T=T,
        cos_theta=cos_theta,
        n_generated=n,
    )
