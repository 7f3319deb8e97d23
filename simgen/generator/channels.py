"""Channels of a run, such as a line or a background, and their probabilities.

At tree level the recoil energy is drawn by inversion of its closed-form distribution, without bins. For a
magnetic moment it is drawn by rejection from 1/T, for every other term by rejection from boxes in neutrino
energy and recoil; these distributions are exact, too. The spectrum of a continuum is piecewise linear on
about 4097 nodes, which include the knots of a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.channels import BOXES, FLAT, MAGNETIC, POWER, WEAK, LineArrays, PlanArrays
from simgen.constants import HBARC2, SIGMA0
from simgen.deposits import Deposit, Line, PowerLaw, Tabulated
from simgen.generator.rejection import make_boxes
from simgen.generator.tables import FORM_FACTORS, Channel, pack
from simgen.interaction import (
    Basis,
    E_nu_min,
    Model,
    T_max,
    amplitudes,
    check_positive,
    is_cubic,
    magnetic_integral,
    weak_integral,
)
from simgen.rates import mean_sigma
from simgen.sources import Component, Lines, Source, sampling_nodes

__all__ = ["Plan", "make_plan"]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Sampling tables of the kernels, and the mean number of events.

    Parameters
    ----------
    arrays : PlanArrays
        Tables of the kernel.
    expected : float
        Mean number of events: interactions above T_low, and deposits.
    """

    arrays: PlanArrays
    expected: float

    @property
    def kernel(self) -> tuple[LineArrays, PlanArrays | None]:
        """Arguments of kernels: tables of lines, and all tables if there are other channels."""
        lines = LineArrays(**{name: getattr(self.arrays, name) for name in LineArrays._fields})
        return lines, self.arrays if self.arrays.extra_uniforms or self.arrays.has_others else None


@np.errstate(under="ignore")
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
        Backgrounds; their component numbers follow those of the source.

    Raises
    ------
    ValueError
        If dσ/dT diverges and T_low = 0 or is below zero (`simgen.interaction.positivity.check_positive`),
        or nothing is expected at all.
    """
    if model.diverges and T_low <= 0:
        raise ValueError(
            "with mu_nu or millicharge ≠ 0 dσ/dT diverges at T → 0: generating needs model.generate_above, "
            "a true recoil energy such as '1 keV'"
        )
    check_positive(source, model, T_low)
    channels: list[Channel] = []
    expected = 0.0
    weak = _cubic_channels if is_cubic(model) else _box_channels
    for i, component in enumerate(source.components):
        channels_of_component = weak(i, component, replace(model, mu_nu=0.0), T_low)
        if model.mu_nu:
            channels_of_component += _magnetic_channels(i, component, model, T_low)
        channels += [replace(c, weight=luminosity * c.weight) for c in channels_of_component]
        expected += luminosity * mean_sigma(component, model, T_low=T_low)
    for i, deposit in enumerate(deposits, start=len(source.components)):
        channels.append(_deposit_channel(i, deposit))
        expected += deposit.mean
    channels = [c for c in channels if c.weight > 0]
    if not channels:
        raise ValueError(f"no recoil above {T_low} MeV is possible and there is no background: no events")
    return Plan(arrays=pack(channels, model, T_low), expected=expected)


def _deposit_channel(number: int, deposit: Deposit) -> Channel:
    """Make the channel of events that are not due to neutrinos."""
    spectrum = deposit.spectrum
    common = Channel(process=FLAT, component=number, weight=deposit.mean)
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


def _cubic_channels(number: int, component: Component, model: Model, T_low: float) -> list[Channel]:
    """Make the channels of tree-level weak scattering, one for each line or continuum."""
    x, y = amplitudes(model, component.flavour)
    shifts = _shifts(component, model)
    products = (x[0] ** 2 + shifts[0], y[0] ** 2 + shifts[1], x[0] * y[0])
    common = Channel(process=WEAK, component=number, products=products)
    channels = []
    for line, energy, intensity in _lines(component, T_low):
        weight = intensity * float(weak_integral(products, energy, T_low, T_max(energy)))
        channels.append(replace(common, weight=weight, line=line, energy=energy))
    nodes, density = _continuum(component, T_low)
    if nodes.size:
        weights = np.zeros_like(nodes)
        is_possible = T_max(nodes) > T_low * (1 + 1e-12)
        weights[is_possible] = density[is_possible] * weak_integral(
            products, nodes[is_possible], T_low, T_max(nodes[is_possible])
        )
        channels.append(_with_nodes(common, nodes, weights))
    return channels


def _magnetic_channels(number: int, component: Component, model: Model, T_low: float) -> list[Channel]:
    """Make the channels of magnetic scattering."""
    common = Channel(process=MAGNETIC, component=number)
    channels = []
    for line, energy, intensity in _lines(component, T_low):
        weight = intensity * model.mu_nu**2 * float(magnetic_integral(energy, T_low, T_max(energy)))
        channels.append(replace(common, weight=weight, line=line, energy=energy))
    nodes, density = _continuum(component, T_low)
    if nodes.size:
        weights = np.zeros_like(nodes)
        is_possible = T_max(nodes) > T_low * (1 + 1e-12)
        cross = model.mu_nu**2 * magnetic_integral(nodes[is_possible], T_low, T_max(nodes[is_possible]))
        weights[is_possible] = density[is_possible] * cross
        channels.append(_with_nodes(common, nodes, weights))
    return channels


def _with_nodes(channel: Channel, nodes: Array, weights: Array) -> Channel:
    return replace(
        channel, weight=float(np.trapezoid(weights, nodes)), nodes=np.stack([nodes, weights], axis=1)
    )


def _shifts(component: Component, model: Model) -> tuple[float, float, float]:
    """Compute the terms that are added to squared amplitudes: see `PlanArrays.shifts`."""
    first = model.delta_c_L_order == "first" and component.flavour.charged_current
    square = -(model.delta_c_L**2) if first else 0.0
    scalar = model.scalar_coupling**2 * HBARC2 / SIGMA0
    return (0.0, square, scalar) if component.flavour.antineutrino else (square, 0.0, scalar)


def _box_channels(number: int, component: Component, model: Model, T_low: float) -> list[Channel]:
    """Make the channels that are drawn by rejection."""
    names = Basis.of(model, component.flavour).form_factors
    form_factors = np.zeros((2, len(FORM_FACTORS)))
    form_factors[:, [FORM_FACTORS.index(n) for n in names]] = amplitudes(model, component.flavour)
    common = Channel(
        process=BOXES,
        component=number,
        amplitudes=form_factors,
        shifts=_shifts(component, model),
        charged_current=component.flavour.charged_current,
    )
    channels = []
    for line, energy, intensity in _lines(component, T_low):
        boxes = make_boxes(np.array([energy]), np.ones(1), component, model, T_low)
        channels.append(
            replace(common, weight=intensity * boxes.weight, line=line, energy=energy, boxes=boxes)
        )
    nodes, density = _continuum(component, T_low)
    if nodes.size:
        boxes = make_boxes(nodes, density, component, model, T_low)
        spectrum = np.stack([nodes, density], axis=1)
        channels.append(replace(common, weight=boxes.weight, nodes=spectrum, boxes=boxes))
    return channels
