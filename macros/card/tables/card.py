"""The tables of a card, as pydantic models: keys, types, units and the range of each single value.

What concerns several values together is checked by the domain objects, in `macros.card.objects.experiment`.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from macros.card.tables.base import RangeTable, Table, table_or_word
from macros.card.tables.detector import DetectorTable
from macros.card.tables.geometry import GeometryTable
from macros.card.tables.quantities import (
    Activity,
    Amount,
    Angle,
    Area,
    Beta,
    EnergyUnit,
    FileSize,
    Finite,
    Flux,
    GenerateAbove,
    HalfLife,
    MassSquared,
    Moment,
    NotNegative,
    Positive,
    PositiveEnergy,
    PositiveTime,
    Rate,
    SignedEnergy,
    Time,
    Word,
    quantity,
)
from simgen.units import unit_value

__all__ = ["OWN", "UNIT_MASS", "CardTables", "ExperimentTables", "has_amount"]

UNIT_MASS = unit_value("t")
"""Mass [g] of the target where only mass × time is known; its live time is then amount / UNIT_MASS."""


class LineTable(Table):
    """A neutrino line."""

    energy: PositiveEnergy
    intensity: Positive


class ComponentTable(Table):
    """Neutrinos of one flavour, as lines or as a table in a file; intensities are per decay."""

    name: Word
    flavour: Literal["nu_e", "nu_mu", "nu_tau", "anti_nu_e", "anti_nu_mu", "anti_nu_tau"]
    lines: Annotated[list[LineTable], Field(min_length=1)] | None = None
    table: Word | None = None
    unit: Literal["eV", "keV", "MeV", "GeV"] | None = None
    intensity: Positive | None = None
    sha256: Word | None = None


class SourceTable(Table):
    """A known isotope with its data set, or components; exactly one of activity, flux and events."""

    isotope: Word | None = None
    data: Literal["modern", "paper"] | None = None
    p_ee: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    pr144_shape: Literal["measured", "allowed"] | None = None
    components: Annotated[list[ComponentTable], Field(min_length=1)] | None = None
    half_life: HalfLife | None = None
    activity: Activity | None = None
    flux: Flux | None = None
    events: Positive | None = None


class ExposureTable(Table):
    """When the run takes place; start counts from the moment of the stated activity."""

    start: Time
    duration: PositiveTime


class AmountTable(Table):
    """Mass × live time of the target, where no more than their product is known."""

    amount: Amount


def _kind_of_exposure(value: object) -> str:
    amount = "amount" in value if isinstance(value, dict) else isinstance(value, AmountTable)
    return "(amount)" if amount else "(times)"


Constraint = Literal["gaussian", "log-normal", "free"]


Exposure = Annotated[
    Annotated[ExposureTable, Tag("(times)")] | Annotated[AmountTable, Tag("(amount)")],
    Discriminator(_kind_of_exposure),
]


class _RateTable(Table):
    rate: Rate
    uncertainty: NotNegative
    constraint: Constraint = "gaussian"
    common: bool = False
    half_life: HalfLife = math.inf


class FlatTable(_RateTable, RangeTable):
    """Flat between low and high."""

    shape: Literal["flat"]
    smeared: bool = False


class PowerTable(_RateTable, RangeTable):
    """Proportional to energy^-index between low and high."""

    shape: Literal["power"]
    index: Finite
    smeared: bool = False


class LineBackgroundTable(_RateTable):
    """One true energy, smeared."""

    shape: Literal["line"]
    energy: PositiveEnergy


class SpectrumTable(_RateTable):
    """A histogram or points, from a file or as edges and contents."""

    shape: Literal["table"]
    table: Word | None = None
    unit: EnergyUnit | None = None
    sha256: Word | None = None
    edges: list[SignedEnergy] | None = None
    contents: list[Finite] | None = None
    smeared: bool = False


BackgroundTable = Annotated[
    FlatTable | PowerTable | LineBackgroundTable | SpectrumTable, Field(discriminator="shape")
]


class ConstrainedTable(Table):
    """Higgs fields of a constrained model: τ = ⟨H_u⟩²/⟨H_d⟩²."""

    tau: NotNegative


class ModelTable(Table):
    """The interaction; what is not stated has the value of the standard model at tree level."""

    name: Literal["SM", "E6", "LR"]
    beta: Beta | None = None
    gamma: NotNegative | None = None
    mass: Annotated[Positive, *quantity("energy")] | None = None
    phi: Angle | None = None
    rho_mix: bool | None = None
    constrained: (
        Annotated[
            Annotated[bool, Tag("(word)")] | Annotated[ConstrainedTable, Tag("(table)")],
            Discriminator(table_or_word),
        ]
        | None
    ) = None
    sin2_theta_w: Annotated[float, Field(gt=0, lt=0.5)] | None = None
    corrections: Literal["tree", "electroweak", "full"] | None = None
    delta_c_L: Finite | None = None
    delta_c_L_order: Literal["exact", "first"] | None = None
    mu_nu: Moment | None = None
    eps_L: Finite | None = None
    eps_R: Finite | None = None
    charge_radius: Area | None = None
    charge_radius_convention: Literal["form-factor", "texono"] | None = None
    millicharge: Finite | None = None
    vector_coupling: Finite | None = None
    vector_mass: PositiveEnergy | None = None
    scalar_coupling: NotNegative | None = None
    scalar_mass: PositiveEnergy | None = None
    sin2_2theta: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    delta_m2: MassSquared | None = None
    generate_above: GenerateAbove = 0.0


class SystematicTable(Table):
    """An uncertainty and the form of its constraint."""

    uncertainty: Positive
    constraint: Constraint = "gaussian"


def _kind_of_uncertainty(value: object) -> str:
    return "(free)" if isinstance(value, str) else table_or_word(value)


Uncertainty = Annotated[
    Annotated[NotNegative, Tag("(word)")]
    | Annotated[Literal["free"], Tag("(free)")]
    | Annotated[SystematicTable, Tag("(table)")],
    Discriminator(_kind_of_uncertainty),
]


class ExperimentSystematicsTable(Table):
    """Relative standard deviations of one experiment; 0 is exact, "free" not constrained."""

    activity: Uncertainty = 0.0
    mass: Uncertainty = 0.0
    efficiency: Uncertainty = 0.0
    energy_scale: Uncertainty = 0.0
    resolution: Uncertainty = 0.0


class SystematicsTable(ExperimentSystematicsTable):
    """Relative standard deviations, common to all experiments; 0 is exact, "free" not constrained."""

    sin2_theta_w: Uncertainty = 0.0


class FitTable(Table):
    """What is fitted; see `analysis.settings.FitSettings`."""

    poi: Word | None = None
    likelihood: Literal["poisson", "paper"] | None = None
    error_per_bin: Positive | None = None
    level: Annotated[float, Field(gt=0, lt=1)] | None = None
    method: Literal["minos", "hesse"] | None = None
    limit_level: Annotated[float, Field(gt=0, lt=1)] | None = None
    limit_method: Literal["one-sided", "two-sided"] | None = None
    drawn: Literal["auxiliary", "counts", "nuisances"] | None = None
    templates: Literal["quadrature", "simulation", "file"] | None = None
    template_events: Annotated[int, Field(ge=1, le=10**10)] | None = None
    template_file: Word | None = None
    template_sha256: Word | None = None


class RunTable(Table):
    """How a run is done; none of it changes the physics."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    threads: Annotated[int, Field(ge=1, le=4096)] | None = None
    precision: Literal["float32", "float64"] = "float32"
    compression: Literal["zstd-1", "lz4-4", "none"] = "zstd-1"
    columns: list[Literal["vertex", "time", "cos_theta", "direction"]] = Field(default_factory=list)
    format: Literal["ttree", "rntuple"] = "ttree"
    events_per_file: Annotated[int, Field(ge=1, le=10**18)] | None = None
    file_size: FileSize | None = None


class CardTables(Table):
    """A card."""

    source: SourceTable
    geometry: GeometryTable | None = None
    detector: DetectorTable
    exposure: Exposure
    background: dict[str, BackgroundTable]
    model: ModelTable
    systematics: SystematicsTable = Field(default_factory=SystematicsTable)
    fit: FitTable = Field(default_factory=FitTable)
    run: RunTable = Field(default_factory=RunTable)


class ExperimentTables(Table):
    """One of several experiments; what it does not state stands at the top, for all."""

    source: SourceTable | None = None
    geometry: GeometryTable | None = None
    detector: DetectorTable | None = None
    exposure: Exposure | None = None
    background: dict[str, BackgroundTable] | None = None
    systematics: ExperimentSystematicsTable = Field(default_factory=ExperimentSystematicsTable)


OWN = ("source", "geometry", "detector", "exposure", "background")
"""Tables that an experiment has of its own; what stands at the top is taken by all that state none."""


def has_amount(document: Mapping[str, Any]) -> bool:
    """Tell whether a card states its exposure as mass × time."""
    exposure = document.get("exposure")
    return isinstance(exposure, Mapping) and "amount" in exposure
