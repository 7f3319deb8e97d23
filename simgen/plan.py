"""What the generator draws from: channels, and how probable each is.

At tree level the recoil energy comes from the inverse of its closed-form distribution, without bins. That of
a magnetic moment is drawn by rejection from 1/T, every other term from boxes in neutrino energy and recoil,
which makes the distributions exact too. The spectrum of a continuum is piecewise linear on some 4097 nodes,
among them the knots of a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.vertex import BOXES, FLAT, GUIDE, MAGNETIC, POWER, WEAK, PlanArrays
from simgen.boxes import make_boxes
from simgen.constants import HBARC2, SIGMA0
from simgen.continuum import sampling_nodes
from simgen.crosssection import is_cubic, magnetic_integral, weak_integral
from simgen.deposits import Deposit, Line, PowerLaw, Tabulated
from simgen.kinematics import E_nu_min, T_max
from simgen.models import Model
from simgen.rate import mean_sigma
from simgen.recoil import cubic, steps
from simgen.shapes import Basis, amplitudes
from simgen.sources import Component, Source
from simgen.spectra import Lines

__all__ = ["Plan", "make_plan"]

Array = NDArray[np.float64]

_FORM_FACTORS = ("one", "kappa", "inverse_T", "vector")
"""Order of the amplitudes in the kernel."""


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
    """One way to make an event, as proposed; its weight is per unit luminosity."""

    process: int
    component: int
    weight: float = 0.0
    line: int = 0
    energy: float = 0.0
    width: float = 0.0
    nodes: Array | None = None
    """shape (n, 2): neutrino energies [MeV] and weights there."""
    boxes: Array | None = None
    """shape (n, 7): see `simgen.boxes.make_boxes`."""
    products: Sequence[float] = (0.0, 0.0, 0.0)
    amplitudes: Array | None = None
    shifts: Sequence[float] = (0.0, 0.0, 0.0)
    charged_current: bool = True


def make_plan(
    source: Source,
    model: Model,
    *,
    luminosity: float,
    T_low: float = 0.0,
    deposits: Sequence[Deposit] = (),
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
    deposits : sequence of Deposit
        Their component numbers follow those of the source.

    Raises
    ------
    ValueError
        If dσ/dT diverges and T_low = 0, or nothing is expected at all.
    """
    if model.diverges and T_low <= 0:
        raise ValueError(
            "with mu_nu or millicharge ≠ 0 dσ/dT diverges at T → 0: generating needs model.generate_above, "
            "a true recoil energy such as '1 keV'"
        )
    channels: list[_Channel] = []
    expected = 0.0
    weak = _cubic_channels if is_cubic(model) else _box_channels
    for i, component in enumerate(source.components):
        found = weak(i, component, replace(model, mu_nu=0.0), T_low)
        if model.mu_nu:
            found += _magnetic_channels(i, component, model, T_low)
        channels += [replace(c, weight=luminosity * c.weight) for c in found]
        expected += luminosity * mean_sigma(component, model, T_low=T_low)
    for i, deposit in enumerate(deposits, start=len(source.components)):
        channels.append(_deposit_channel(i, deposit))
        expected += deposit.mean
    channels = [c for c in channels if c.weight > 0]
    if not channels:
        raise ValueError(f"no recoil above {T_low} MeV is possible and there is no background: no events")
    return Plan(arrays=_pack(channels, model, T_low), expected=expected)


def _deposit_channel(number: int, deposit: Deposit) -> _Channel:
    """Make the channel of events that no neutrino made."""
    spectrum = deposit.spectrum
    common = _Channel(process=FLAT, component=number, weight=deposit.mean)
    match spectrum:
        case Tabulated():
            return replace(common, nodes=spectrum.nodes)
        case PowerLaw():
            power, span = 1 - spectrum.index, np.log(spectrum.high / spectrum.low)
            return replace(common, process=POWER, energy=spectrum.low, products=(power, span, 0.0))
        case Line():
            return replace(common, energy=spectrum.energy)
        case _:
            return replace(common, energy=spectrum.low, width=spectrum.high - spectrum.low)


def _lines(component: Component, T_low: float) -> list[tuple[int, float, float]]:
    """List the lines that can give a recoil above T_low: number, energy [MeV], intensity."""
    spectrum = component.spectrum
    if not isinstance(spectrum, Lines):
        return []
    rows = zip(spectrum.energies, spectrum.intensities, strict=True)
    return [(i, e, w) for i, (e, w) in enumerate(rows) if T_max(e) > T_low]


def _continuum(component: Component, T_low: float) -> tuple[Array, Array]:
    """Place nodes in E_nu, dense at both ends of every piece, and evaluate the spectrum there [1/MeV]."""
    spectrum = component.spectrum
    if isinstance(spectrum, Lines):
        return np.empty(0), np.empty(0)
    low = max(float(E_nu_min(T_low)), float(spectrum.knots[0]))
    if spectrum.endpoint <= low:
        return np.empty(0), np.empty(0)
    nodes = sampling_nodes(np.array([low, *spectrum.knots[spectrum.knots > low]]))
    return nodes, spectrum.density(nodes)


def _cubic_channels(number: int, component: Component, model: Model, T_low: float) -> list[_Channel]:
    """Make the channels of tree-level weak scattering, one a line or continuum."""
    x, y = amplitudes(model, component.flavour)
    shifts = _shifts(component, model)
    products = (x[0] ** 2 + shifts[0], y[0] ** 2 + shifts[1], x[0] * y[0])
    common = _Channel(process=WEAK, component=number, products=products)
    channels = []
    for line, energy, intensity in _lines(component, T_low):
        weight = intensity * float(weak_integral(products, energy, T_low, T_max(energy)))
        channels.append(replace(common, weight=weight, line=line, energy=energy))
    nodes, density = _continuum(component, T_low)
    if nodes.size:
        weights = np.zeros_like(nodes)
        some = T_max(nodes) > T_low * (1 + 1e-12)
        weights[some] = density[some] * weak_integral(products, nodes[some], T_low, T_max(nodes[some]))
        channels.append(_with_nodes(common, nodes, weights))
    return channels


def _magnetic_channels(number: int, component: Component, model: Model, T_low: float) -> list[_Channel]:
    """Make the channels of magnetic scattering."""
    common = _Channel(process=MAGNETIC, component=number)
    channels = []
    for line, energy, intensity in _lines(component, T_low):
        weight = intensity * model.mu_nu**2 * float(magnetic_integral(energy, T_low, T_max(energy)))
        channels.append(replace(common, weight=weight, line=line, energy=energy))
    nodes, density = _continuum(component, T_low)
    if nodes.size:
        weights = np.zeros_like(nodes)
        some = T_max(nodes) > T_low * (1 + 1e-12)
        cross = model.mu_nu**2 * magnetic_integral(nodes[some], T_low, T_max(nodes[some]))
        weights[some] = density[some] * cross
        channels.append(_with_nodes(common, nodes, weights))
    return channels


def _with_nodes(channel: _Channel, nodes: Array, weights: Array) -> _Channel:
    return replace(
        channel, weight=float(np.trapezoid(weights, nodes)), nodes=np.stack([nodes, weights], axis=1)
    )


def _shifts(component: Component, model: Model) -> tuple[float, float, float]:
    """Compute what the square of the amplitudes lacks: see `PlanArrays.shifts`."""
    first = model.delta_c_L_order == "first" and component.flavour.charged_current
    square = -(model.delta_c_L**2) if first else 0.0
    scalar = model.scalar_coupling**2 * HBARC2 / SIGMA0
    return (0.0, square, scalar) if component.flavour.antineutrino else (square, 0.0, scalar)


def _box_channels(number: int, component: Component, model: Model, T_low: float) -> list[_Channel]:
    """Make the channels that are drawn by rejection."""
    names = Basis.of(model, component.flavour).form_factors
    found = np.zeros((2, len(_FORM_FACTORS)))
    found[:, [_FORM_FACTORS.index(n) for n in names]] = amplitudes(model, component.flavour)
    common = _Channel(
        process=BOXES,
        component=number,
        amplitudes=found,
        shifts=_shifts(component, model),
        charged_current=component.flavour.charged_current,
    )
    channels = []
    for line, energy, intensity in _lines(component, T_low):
        weight, boxes = make_boxes(np.array([energy]), np.ones(1), component, model, T_low)
        channels.append(replace(common, weight=intensity * weight, line=line, energy=energy, boxes=boxes))
    nodes, density = _continuum(component, T_low)
    if nodes.size:
        weight, boxes = make_boxes(nodes, density, component, model, T_low)
        spectrum = np.stack([nodes, density], axis=1)
        channels.append(replace(common, weight=weight, nodes=spectrum, boxes=boxes))
    return channels


def _pack(channels: list[_Channel], model: Model, T_low: float) -> PlanArrays:
    """Lay the channels out in the arrays of the kernel."""
    cumulative = np.cumsum([c.weight for c in channels])
    cumulative /= cumulative[-1]
    nodes = [_with_integral(c.nodes) if c.nodes is not None else np.empty((0, 3)) for c in channels]
    boxes = [_with_sum(c.boxes) if c.boxes is not None else np.empty((0, 7)) for c in channels]
    first_node = np.cumsum([0, *map(len, nodes)])
    first_box = np.cumsum([0, *map(len, boxes)])[:-1]
    processes = [c.process for c in channels]
    none = np.zeros((2, len(_FORM_FACTORS)))
    recoils = _recoils(channels, T_low)
    below = np.concatenate([[0.0], cumulative[:-1]])
    return PlanArrays(
        cumulative=cumulative,
        process=np.array(processes, np.int64),
        component=np.array([c.component for c in channels], np.int32),
        line=np.array([c.line for c in channels], np.int32),
        energy=np.array([c.energy for c in channels]),
        width=np.array([c.width for c in channels]),
        inverse=np.column_stack([below, 1 / (cumulative - below), recoils.lines]),
        steps=recoils.steps,
        gentle=recoils.gentle,
        own=_need_own(channels),
        others=any(process != WEAK for process in processes),
        first_node=np.array([f if len(n) else -1 for f, n in zip(first_node[:-1], nodes, strict=True)]),
        last_node=first_node[1:] - 1,
        first_box=first_box,
        guide=np.array(
            [
                _guide(n, b, node, box)
                for n, b, node, box in zip(nodes, boxes, first_node[:-1], first_box, strict=True)
            ]
        ),
        products=np.array([c.products for c in channels], np.float64),
        amplitudes=np.array([none if c.amplitudes is None else c.amplitudes for c in channels]),
        shifts=np.array([c.shifts for c in channels], np.float64),
        charged_current=np.array([c.charged_current for c in channels]),
        nodes=np.concatenate(nodes),
        boxes=np.concatenate(boxes),
        T_low=T_low,
        vector_mass2=(model.vector_mass or 1.0) ** 2,
        scalar_mass2=(model.scalar_mass or 1.0) ** 2,
        running=model.corrections != "tree",
        qed=model.corrections == "full",
    )


def _need_own(channels: list[_Channel]) -> bool:
    """Tell whether any channel needs uniforms of the event's own."""
    return any(
        c.process in (BOXES, MAGNETIC) or (c.process == WEAK and c.nodes is not None) for c in channels
    )


class _Recoils(NamedTuple):
    """How the recoils of WEAK channels are drawn: see `PlanArrays`."""

    lines: Array
    steps: int
    gentle: bool


def _recoils(channels: list[_Channel], T_low: float) -> _Recoils:
    """Prepare the inversion of the recoils' distributions."""
    lines = np.zeros((len(channels), 3))
    found: list[tuple[Array, Array]] = []
    for i, channel in enumerate(channels):
        if channel.process != WEAK:
            continue
        if channel.nodes is None:
            p, q, span = cubic(channel.products, channel.energy, T_low)
            lines[i] = p, q, span
            found.append((np.atleast_1d(p), np.atleast_1d(q)))
        else:
            energies = channel.nodes[:, 0][T_max(channel.nodes[:, 0]) > T_low * (1 + 1e-12)]
            found.append(cubic(channel.products, energies[:: max(len(energies) // 64, 1)], T_low)[:2])
    if not found:
        return _Recoils(lines, 0, gentle=False)
    p, q = (np.concatenate(columns) for columns in zip(*found, strict=True))
    number = steps(p, q, gentle=False)
    if number is None:
        raise ValueError("dσ/dT is below 0 somewhere, so that no recoil can be drawn from it")
    quick = steps(p, q, gentle=True)
    gentle = quick is not None and quick <= number
    return _Recoils(lines, quick if gentle and quick is not None else number, gentle=gentle)


def _guide(nodes: Array, boxes: Array, first_node: int, first_box: int) -> NDArray[np.int64]:
    """Tabulate where the search for a uniform begins: see `PlanArrays.guide`."""
    parts = np.arange(GUIDE + 1) / GUIDE
    if len(boxes):
        found = first_box + np.searchsorted(boxes[:, 0], parts, side="right")
        return np.minimum(found, first_box + len(boxes) - 1)
    if len(nodes):
        return np.asarray(first_node + np.searchsorted(nodes[:, 2], parts, side="right") - 1)
    return np.zeros(GUIDE + 1, np.int64)


def _with_integral(nodes: Array) -> Array:
    """Append the cumulative trapezoids, ending at 1."""
    steps = (nodes[1:, 1] + nodes[:-1, 1]) / 2 * np.diff(nodes[:, 0])
    integral = np.concatenate([[0.0], np.cumsum(steps)])
    return np.column_stack([nodes, integral / integral[-1]])


def _with_sum(boxes: Array) -> Array:
    """Turn the probabilities into cumulative ones, ending at 1."""
    summed = np.cumsum(boxes[:, 0])
    return np.column_stack([summed / summed[-1], boxes[:, 1:]])
