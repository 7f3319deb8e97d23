"""The matrix of twins, and tests of its distributions and comparisons."""

import math
from dataclasses import replace
from functools import cache

import pytest
from support.distributions import baseline, neutrino_energy, vertex
from support.examples import every
from support.matrix import ALPHA, FLAT_ALPHA, p_values, summary
from support.matrix_cases import CASES

from simgen.geometry import Box, Cylinder
from simgen.interaction.models import SM
from simgen.rates.rate import mean_sigma
from simgen.sources.isotopes import HistogramSpectrum, Source
from simgen.sources.spectra import Lines

N = 200_000
GEOMETRIES = {c.experiment.normalisation.geometry for c in CASES.values()}


@cache
def found(name):
    return p_values(CASES[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CASES))
def test_events_follow_the_prediction(name):
    """Twin. Finds a distribution that is off by 0.08 % anywhere, or a bin by 1 % (1e7 events; KS and χ²).

    α = 1e-5 for each of some 900 p-values, which is 0.9 % for a false alarm among all of them.
    """
    assert min(found(name).values()) > ALPHA, found(name)


@pytest.mark.slow
def test_p_values_are_flat():
    """Soak. Finds a defect too small for single cases, or a test that cannot fail (KS, α = 1e-3 a kind)."""
    for row in summary({name: found(name) for name in CASES}):
        assert row["flat"] > FLAT_ALPHA, row


def altered(case, *, experiment=None, model=None, detector=None, geometry=None, source=None):
    """Change one thing."""
    made = replace(case.experiment, **(experiment or {}))
    if detector:
        made = replace(made, detector=replace(made.detector, **detector))
    if geometry:
        changed = replace(made.normalisation.geometry, **geometry)
        made = replace(made, normalisation=replace(made.normalisation, geometry=changed))
    if source:
        made = replace(made, source=replace(made.source, **source))
    return replace(case, experiment=made, model=model or case.model)


def of_source(label, kind):
    return next(case for name, case in CASES.items() if name.startswith(f"{label}, {kind},"))


def shifted(source: Source):
    """Move a fifth of a histogram's neutrinos into another bin."""
    points, bins = source.components
    spectrum = HistogramSpectrum(edges=bins.spectrum.edges, contents=(0.1, 0.2, 0.2, 0.5))
    return {"components": (points, replace(bins, spectrum=spectrum))}


LINES, TABLES = of_source("Cr51 modern", "NSI"), of_source("tables", "NSI")
ALTERED = {
    "nothing": (LINES, LINES, set()),
    "g_R": (LINES, altered(LINES, model=replace(LINES.model, eps_R=-0.1)), {"T_reco"}),
    "half-life": (
        LINES,
        altered(LINES, source={"half_life": 1.05 * LINES.experiment.source.half_life}),
        {"time"},
    ),
    "threshold": (
        LINES,
        altered(LINES, detector={"threshold": 1.05 * LINES.experiment.detector.threshold}),
        {"T_reco"},
    ),
    "scale": (LINES, altered(LINES, detector={"energy_scale": 1.01}), {"T_reco"}),
    "efficiency": (LINES, altered(LINES, detector={"efficiency": 0.99}), {"T_reco"}),
    "source's distance": (
        LINES,
        altered(LINES, geometry={"source_position": (0.0, -300.0, 400.0)}),
        {"L", "place"},
    ),
    "source's size": (LINES, altered(LINES, geometry={"source_radius": 200.0}), {"L"}),
    "spectrum": (
        TABLES,
        altered(TABLES, source=shifted(TABLES.experiment.source)),
        {"E_nu", "T_reco", "line"},
    ),
    "other flavour": (TABLES, altered(TABLES, model=SM()), {"E_nu", "T_reco", "line"}),
}


def test_cases_have_seeds_of_their_own():
    """Contract. Finds cases with the same random numbers, or seeds that the number of sources changes."""
    assert len({case.seed for case in CASES.values()}) == len(CASES)
    assert [of_source("lines", kind).seed for kind in ("SM tree", "delta_c_L")] == [7011, 7143]


@pytest.mark.parametrize("what", every(5, ALTERED))
def test_the_matrix_sees(what):
    """Contract. Finds a comparison that cannot fail: 2e5 events of another case; which tests detect it."""
    case, drawn, kinds = ALTERED[what]
    p = p_values(case, N, drawn=drawn)
    assert {kind for (kind, _), value in p.items() if value < ALPHA} == kinds


@pytest.mark.parametrize(
    "geometry",
    every(3, sorted(GEOMETRIES, key=repr)),
    ids=lambda g: f"{type(g).__name__} {g.source_radius:g}",
)
def test_places_sum_to_the_mean_inverse_square(geometry):
    """Twin. Finds a density of L or of a coordinate that leaves a part of the target out: ∫ dV/r², 1e-7."""
    a, d = geometry.source_radius, math.hypot(*geometry.source_centre)
    by_baseline, by_vertex = baseline(geometry)[1][-1], vertex(geometry)[1][-1]
    solid, flat = (1, geometry.size[1] / 2) if isinstance(geometry, Box) else (2 * math.pi, math.pi)
    if not isinstance(geometry, Box | Cylinder):
        flat = 2 * math.pi / d if a == 0 else 2 * math.pi * 3 / (4 * a**3)
        solid *= 2 * math.pi / (4 / 3 * math.pi * a**3) if a else 1
    expected = 4 * math.pi * geometry.volume * geometry.mean_inverse_square()
    assert solid * by_baseline == pytest.approx(expected, rel=1e-7)
    assert flat * by_vertex == pytest.approx(expected, rel=1e-7)


STRUCTURED = [
    f
    for f in CASES
    if f.startswith(("Zn65", "Ce144", "tables")) and f.split(", ")[1] in {"SM full", "millicharge", "scalar"}
]


@pytest.mark.parametrize("name", STRUCTURED)
def test_neutrino_energies_sum_to_the_rate(name):
    """Twin. Finds panels that miss a structure of spectrum × σ: another quadrature, 1e-6."""
    case = CASES[name]
    for component in case.experiment.source.components:
        if not isinstance(component.spectrum, Lines):
            T_low = case.experiment.generate_above
            total = neutrino_energy(component, case.model, T_low, panels=60)[1][-1]
            assert total == pytest.approx(mean_sigma(component, case.model, T_low=T_low), rel=1e-6)
