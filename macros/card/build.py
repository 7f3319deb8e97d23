"""From the tables of a card to the domain objects."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from macros.card.faults import FaultList
from macros.card.tables import (
    BackgroundTable,
    CylinderTable,
    DetectorTable,
    ExposureTable,
    FitTable,
    ModelTable,
    ShellTable,
    SourceTable,
    SphereTable,
    SystematicsTable,
)

if TYPE_CHECKING:
    from analysis.settings import FitSettings
    from detsim.detector import Detector
    from detsim.experiment import Experiment, FlatBackground
    from simgen.exposure import Exposure, Normalisation
    from simgen.geometry import Geometry
    from simgen.models import Model
    from simgen.sources import Source

__all__ = ["build_experiment", "build_fit", "build_model"]

_MAX_BINS = 100_000
_Z_PRIME_KEYS = ("gamma", "mass", "phi", "rho_mix")


def build_model(table: ModelTable, faults: FaultList) -> "Model | None":
    """Make the model."""
    from simgen.models import Model, gamma_from_mass

    stated = table.model_dump(exclude_none=True, exclude={"mass", "generate_above"})
    n_faults = len(faults.faults)
    if table.name == "E6" and table.beta is None:
        faults.add("model.beta", "is missing", '"chi", "psi", "eta" or an angle such as "30 deg"')
    if table.name != "E6" and table.beta is not None:
        faults.add("model.beta", f"is an angle of E6, and the model is {table.name}", "leave it out")
    if table.name == "SM":
        for key in _Z_PRIME_KEYS:
            if getattr(table, key) is not None:
                faults.add(
                    f"model.{key}",
                    "belongs to a Z', which the SM has not",
                    "leave it out, or choose E6 or LR",
                )
    if table.mass is not None:
        if table.gamma is not None:
            faults.add("model.mass", "says the same as gamma = (M_Z/mass)²", "give one of the two")
        stated["gamma"] = gamma_from_mass(table.mass)
    if len(faults.faults) > n_faults:
        return None
    with faults.at("model"):
        return Model(**stated)
    return None


def build_fit(table: FitTable, faults: FaultList) -> "FitSettings | None":
    """Make the settings of the fit."""
    from analysis.settings import FitSettings

    with faults.at("fit"):
        return FitSettings(**table.model_dump(exclude_none=True))
    return None


def build_experiment(
    tables: Mapping[str, Any], model: "Model | None", faults: FaultList
) -> "Experiment | None":
    """Make the experiment of those tables that are valid in themselves; None if any is not.

    Parameters
    ----------
    tables : mapping of str to table
        By name; without those that have faults.
    model : Model or None
        Needed where the source is normalised to a number of events.
    faults : FaultList
    """
    from detsim.experiment import Experiment

    source = normalisation = detector = exposure = None
    model_table: ModelTable | None = tables.get("model")
    systematics: SystematicsTable | None = tables.get("systematics")
    n_faults = len(faults.faults)
    geometry = _geometry(tables.get("geometry"), faults)
    if "source" in tables:
        source = _source(tables["source"], faults)
        normalisation = _normalisation(tables["source"], geometry, model, faults)
    if "detector" in tables:
        detector = _detector(tables["detector"], faults)
    if "exposure" in tables:
        exposure = _exposure(tables["exposure"], faults)
    backgrounds = [_background(n, t, faults) for n, t in tables.get("background", {}).items()]
    if len(faults.faults) > n_faults or not (source and normalisation and detector and exposure):
        return None
    if model_table is None or systematics is None:
        return None
    with faults.at("model"):
        return Experiment(
            name=f"{detector.name} {source.name}",
            source=source,
            normalisation=normalisation,
            detector=detector,
            exposure=exposure,
            backgrounds=tuple(b for b in backgrounds if b is not None),
            generate_above=model_table.generate_above,
            signal_uncertainty=systematics.activity,
        )
    return None


def _source(table: SourceTable, faults: FaultList) -> "Source | None":
    from simgen.flavours import Flavour
    from simgen.sources import Component, Lines, Source, source

    if (table.isotope is None) == (table.components is None):
        faults.add("source", "needs either an isotope or components", 'for example isotope = "Cr51"')
        return None
    if table.isotope is not None:
        if table.data is None:
            faults.add("source.data", "is missing", '"modern" or "paper"')
        if table.half_life is not None:
            faults.add("source.half_life", "belongs to components; an isotope has its own", "leave it out")
        with faults.at("source"):
            return source(table.isotope, table.data or "modern")
        return None
    if table.data is not None:
        faults.add("source.data", "belongs to an isotope", "leave it out")
    if table.half_life is None:
        faults.add("source.half_life", "is missing", 'for example "27.7 d"; "none" for a constant source')
        return None
    components = [
        Component(
            name=c.name,
            flavour=Flavour(c.flavour),
            spectrum=Lines(
                energies=tuple(line.energy for line in c.lines),
                intensities=tuple(line.intensity for line in c.lines),
            ),
        )
        for c in table.components or ()
    ]
    with faults.at("source"):
        return Source(
            name="+".join(c.name for c in components), components=tuple(components), half_life=table.half_life
        )
    return None


def _geometry(table: SphereTable | ShellTable | CylinderTable | None, faults: FaultList) -> "Geometry | None":
    from simgen.geometry import Cylinder, Shell, Sphere

    with faults.at("geometry"):
        if isinstance(table, SphereTable):
            return Sphere(radius=table.radius, source_distance=table.source_distance)
        if isinstance(table, ShellTable):
            return Shell(inner_radius=table.inner_radius, radius=table.radius)
        if isinstance(table, CylinderTable):
            return Cylinder(radius=table.radius, height=table.height)
    return None


def _normalisation(
    table: SourceTable, geometry: "Geometry | None", model: "Model | None", faults: FaultList
) -> "Normalisation | None":
    from simgen.exposure import Activity, Flux, Interactions

    stated = [key for key in ("activity", "flux", "events") if getattr(table, key) is not None]
    if len(stated) != 1:
        got = " and ".join(stated) or "none"
        faults.add("source", f"needs exactly one of activity, flux and events, got {got}")
        return None
    with faults.at("source"):
        if table.flux is not None:
            return Flux(value=table.flux)
        if table.activity is not None and geometry is not None:
            return Activity(value=table.activity, geometry=geometry)
        if table.events is not None and model is not None:
            return Interactions(events=table.events, reference=model.standard())
    if table.activity is not None and "geometry" not in faults.document:
        faults.add(
            "geometry", "is missing", "an activity needs the shape of the target: sphere, shell or cylinder"
        )
    return None


def _detector(table: DetectorTable, faults: FaultList) -> "Detector | None":
    from detsim.detector import Detector, Resolution, Target, uniform_edges

    target, edges, resolution = None, None, Resolution()
    if (table.mass is None) == (table.electrons is None):
        faults.add(
            "detector", "needs either mass or electrons", 'mass = "99.5 t" of a target, or electrons = 5e31'
        )
    else:
        with faults.at("detector"):
            target = Target(material=table.target, mass=table.mass, electrons=table.electrons)
    if (table.bins is None) == (table.edges is None):
        faults.add(
            "detector",
            "needs either bins or edges",
            'bins = { low = "250 keV", high = "550 keV", width = "50 keV" }',
        )
    elif table.bins is not None and table.bins.high - table.bins.low > _MAX_BINS * table.bins.width:
        faults.add("detector.bins.width", f"makes more than {_MAX_BINS} bins")
    elif table.bins is not None:
        with faults.at("detector.bins"):
            edges = uniform_edges(table.bins.low, table.bins.high, table.bins.width)
    else:
        edges = tuple(table.edges or ())
    if table.resolution != "perfect":
        r = table.resolution
        resolution = Resolution(constant=r.constant, stochastic=r.at_1MeV, proportional=r.proportional)
        if resolution.perfect:
            faults.add("detector.resolution", "says nothing", 'write "perfect" if the energy is not smeared')
    if edges is None:
        return None
    stand_in = Target(material=None if target is None else table.target, electrons=1.0)
    with faults.at("detector"):
        return Detector(
            name=table.name,
            target=target or stand_in,
            edges=edges,
            threshold=table.threshold,
            resolution=resolution,
            efficiency=table.efficiency,
            binding=table.binding if target else "free",
        )
    return None


def _exposure(table: ExposureTable, faults: FaultList) -> "Exposure | None":
    from simgen.exposure import Exposure

    with faults.at("exposure"):
        return Exposure(start=table.start, duration=table.duration)
    return None


def _background(name: str, table: BackgroundTable, faults: FaultList) -> "FlatBackground | None":
    from detsim.experiment import FlatBackground

    with faults.at(f"background.{name}"):
        return FlatBackground(
            name=name, rate=table.rate, low=table.low, high=table.high, uncertainty=table.uncertainty
        )
    return None
