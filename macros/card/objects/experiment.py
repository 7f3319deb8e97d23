"""From the tables of a card to the experiment, the model and the settings of the fit."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from macros.card.checks import FaultList
from macros.card.objects.background import build_background
from macros.card.objects.exposure import build_exposure, check_amount
from macros.card.objects.geometry import build_distance, build_geometry, check_place
from macros.card.objects.response import build_efficiency, build_quenching, build_resolution
from macros.card.objects.source import build_source
from macros.card.objects.systematics import build_systematics
from macros.card.tables import (
    UNIT_MASS,
    ConstrainedTable,
    DetectorTable,
    FiducialTable,
    FitTable,
    ModelTable,
    SourceTable,
    SystematicsTable,
    has_amount,
)

if TYPE_CHECKING:
    from analysis.settings import FitSettings
    from detsim.detector import Detector, Target
    from detsim.experiment import Experiment
    from simgen.geometry import Geometry
    from simgen.interaction import Model
    from simgen.rates import Normalisation

__all__ = ["build_experiment", "build_fit", "build_model"]

_MAX_BINS = 100_000
_Z_PRIME_KEYS = ("gamma", "mass", "phi", "rho_mix", "constrained")


def build_model(table: ModelTable, faults: FaultList) -> "Model | None":
    """Make the model."""
    from simgen.interaction import Model
    from simgen.parameters import gamma_from_mass

    stated = table.model_dump(exclude_none=True, exclude={"mass", "generate_above", "constrained"})
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
    if isinstance(table.constrained, ConstrainedTable):
        stated |= {"constrained": True, "tau": table.constrained.tau}
    elif table.constrained:
        stated["constrained"] = True
    _check_terms(table, faults)
    if len(faults.faults) > n_faults:
        return None
    with faults.at("model"):
        return Model(**stated)
    return None


def _check_terms(table: ModelTable, faults: FaultList) -> None:
    """Report what one term lacks, or what contradicts another."""
    if table.constrained and table.phi is not None:
        faults.add("model.phi", "follows from gamma in a constrained model", "leave it out")
    if table.charge_radius is not None and table.charge_radius_convention is None:
        faults.add_missing("model.charge_radius_convention")
    if table.sin2_2theta is not None and table.delta_m2 is None:
        faults.add_missing("model.delta_m2")
    for kind in ("vector", "scalar"):
        if getattr(table, f"{kind}_coupling") is not None and getattr(table, f"{kind}_mass") is None:
            faults.add_missing(f"model.{kind}_mass")


def build_fit(table: FitTable, faults: FaultList) -> "FitSettings | None":
    """Make the settings of the fit."""
    from analysis.settings import FitSettings

    with faults.at("fit"):
        return FitSettings(**table.model_dump(exclude_none=True, exclude={"template_sha256"}))
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
    source = normalisation = detector = exposure = None
    model_table: ModelTable | None = tables.get("model")
    systematics: SystematicsTable | None = tables.get("systematics")
    n_faults = len(faults.faults)
    geometry = build_geometry(tables.get("geometry"), faults)
    if "source" in tables:
        source = build_source(tables["source"], faults)
        normalisation = _normalisation(tables["source"], geometry, model, faults)
    if "detector" in tables:
        detector = _detector(tables["detector"], faults)
    if "exposure" in tables:
        exposure = build_exposure(tables["exposure"], faults)
    check_place(tables, faults)
    check_amount(tables, faults)
    backgrounds = [build_background(n, t, faults) for n, t in tables.get("background", {}).items()]
    if len(faults.faults) > n_faults or not (source and normalisation and detector and exposure):
        return None

    from detsim.experiment import Experiment, check_tables
    from simgen.geometry import shrunk

    if model is None or model_table is None or systematics is None:
        return None
    built = tuple(b for b in backgrounds if b is not None)
    stated = model_table.generate_above
    lowest = 0.0 if stated == "auto" else stated  # found below, and looked for from 0 on
    with faults.at("detector"):
        check_tables(detector, source, lowest, built)
    if geometry is not None:
        with faults.at("detector.fiducial.wall_distance"):
            shrunk(geometry, detector.wall_distance)
    if len(faults.faults) > n_faults:
        return None
    fit = tables.get("fit")
    uncertainties = build_systematics(systematics, detector, model, fit and fit.poi, faults)
    if len(faults.faults) > n_faults:
        return None
    with faults.at("model"):
        experiment = Experiment(
            name=f"{detector.name} {source.name}",
            source=source,
            normalisation=normalisation,
            detector=detector,
            exposure=exposure,
            backgrounds=built,
            generate_above=lowest,
            systematics=uncertainties,
        )
        return experiment if stated != "auto" else _from_what_matters(experiment, model, faults)
    return None


def _from_what_matters(experiment: "Experiment", model: "Model", faults: FaultList) -> "Experiment | None":
    """Leave out the recoils of which nothing is recorded."""
    from detsim.simulation import lowest_recoil

    try:
        return replace(experiment, generate_above=lowest_recoil(experiment, model))
    except ValueError as error:
        reason = f'= "auto" finds nothing to leave out: {error}'
        faults.add("model.generate_above", reason, 'an energy such as "1 keV"')
        return None


def _normalisation(
    table: SourceTable, geometry: "Geometry | None", model: "Model | None", faults: FaultList
) -> "Normalisation | None":
    stated = [key for key in ("activity", "flux", "events") if getattr(table, key) is not None]
    if len(stated) != 1:
        keys = " and ".join(stated) or "none"
        faults.add("source", f"needs exactly one of activity, flux and events, got {keys}")
        return None

    from simgen.rates import Activity, Flux, Interactions

    with faults.at("source"):
        if table.flux is not None:
            return Flux(value=table.flux)
        if table.activity is not None and geometry is not None:
            return Activity(value=table.activity, geometry=geometry)
        if table.events is not None and model is not None:
            return Interactions(events=table.events, reference=model.standard(), geometry=geometry)
    if table.activity is not None and "geometry" not in faults.document:
        faults.add(
            "geometry",
            "is missing",
            "an activity needs the shape of the target: sphere, shell, cylinder or box",
        )
    return None


def _target(table: DetectorTable, faults: FaultList) -> "Target | None":
    from detsim.detector import Target

    if has_amount(faults.document):
        with faults.at("detector"):
            return None if table.target is None else Target(material=table.target, mass=UNIT_MASS)
    elif (table.mass is None) == (table.electrons is None):
        faults.add(
            "detector", "needs either mass or electrons", 'mass = "99.5 t" of a target, or electrons = 5e31'
        )
    else:
        with faults.at("detector"):
            return Target(material=table.target, mass=table.mass, electrons=table.electrons)
    return None


def _detector(table: DetectorTable, faults: FaultList) -> "Detector | None":
    from detsim.detector import Detector, Target, uniform_edges

    target, edges = _target(table, faults), None
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
    n_faults = len(faults.faults)
    resolution = build_resolution(table.resolution, faults)
    efficiency = build_efficiency(table.efficiency, faults)
    quenching = build_quenching(table.quenching, faults)
    distance = None if table.distance is None else build_distance(table.distance, faults)
    if edges is not None and distance is not None and distance.n_bins * (len(edges) - 1) > _MAX_BINS:
        faults.add("detector.distance", f"makes more than {_MAX_BINS} bins, with those of the energy")
    if edges is None or len(faults.faults) > n_faults or resolution is None or efficiency is None:
        return None
    stand_in = Target(material=None if target is None else table.target, electrons=1.0)
    with faults.at("detector"):
        return Detector(
            name=table.name,
            target=target or stand_in,
            edges=edges,
            threshold=table.threshold,
            resolution=resolution,
            efficiency=efficiency,
            binding=table.binding if target else "free",
            quenching=quenching if target else None,
            energy_scale=table.energy_scale,
            fiducial=1.0 if isinstance(table.fiducial, FiducialTable) else table.fiducial,
            wall_distance=getattr(table.fiducial, "wall_distance", 0.0),
            distance=distance,
        )
    return None
