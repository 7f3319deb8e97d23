"""The table [detector] of a card: what is counted, and how it responds."""

from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from macros.card.tables.base import Kind, RangeTable, Table, table_or_word
from macros.card.tables.geometry import DistanceTable, FiducialTable
from macros.card.tables.quantities import (
    BirksConstant,
    Energy,
    EnergyUnit,
    Finite,
    LightYield,
    Mass,
    NotNegative,
    Positive,
    PositiveEnergy,
    SignedEnergy,
    Threshold,
    Word,
)

__all__ = [
    "CurveTable",
    "DetectorTable",
    "EfficiencyTable",
    "QuenchingTable",
    "ResolutionTable",
    "ResponseTable",
]

_CURVE = ("energies", "table", "unit")


class BinsTable(RangeTable):
    """Bins of one width; the last is narrower where the width does not divide the range."""

    width: PositiveEnergy


class CurveTable(Table):
    """A table over energy: a CSV file and the unit of its energies, or energies and values."""

    table: Word | None = None
    unit: EnergyUnit | None = None
    sha256: Word | None = None
    energies: list[SignedEnergy] | None = None


class ResolutionTable(CurveTable):
    """Smearing, one of three: Gaussian of three terms, Gaussian with a table of σ, counting."""

    kinds: ClassVar[tuple[Kind, ...]] = (
        Kind(
            name="a Gaussian",
            keys=("at_1MeV", "constant", "proportional"),
            description="Gaussian, σ² = constant² + at_1MeV² E/MeV + proportional² E²",
        ),
        Kind(
            name="a table",
            keys=("sigma", *_CURVE),
            description="Gaussian, σ from a table in the visible energy",
        ),
        Kind(
            name="photoelectrons",
            keys=("photoelectrons",),
            description="Poisson number of photo-electrons of that mean per visible energy",
        ),
    )

    at_1MeV: Energy | None = None
    constant: Energy | None = None
    proportional: NotNegative | None = None
    photoelectrons: LightYield | None = None
    sigma: list[Energy] | None = None


class EfficiencyTable(CurveTable):
    """Efficiency as a table in true or measured energy."""

    kinds: ClassVar[tuple[Kind, ...]] = (
        Kind(
            name="a table",
            keys=("energy", "values", *_CURVE),
            description='from a table; energy = "true" or "measured"',
        ),
    )

    energy: Literal["true", "measured"]
    values: list[Finite] | None = None


class QuenchingTable(CurveTable):
    """Visible energy: Birks' law, or a table of visible/true."""

    kinds: ClassVar[tuple[Kind, ...]] = (
        Kind(name="kB", keys=("kB", "mean_excitation"), description="Birks' law, ∫ dE/(1 + kB dE/dx)"),
        Kind(
            name="a table",
            keys=("ratio", *_CURVE),
            description="ratio of visible to true energy from a table",
        ),
    )

    kB: BirksConstant | None = None
    mean_excitation: PositiveEnergy | None = None
    ratio: list[Finite] | None = None


class ResponseTable(Table):
    """What becomes of a recoil."""

    threshold: Annotated[Threshold, Field(description="on the measured energy; below it nothing is recorded")]
    resolution: Annotated[
        Annotated[Literal["perfect"], Tag("(word)")] | Annotated[ResolutionTable, Tag("(table)")],
        Discriminator(table_or_word),
        Field(description="smearing of the visible energy"),
    ]
    efficiency: Annotated[
        Annotated[float, Field(gt=0, le=1, allow_inf_nan=False), Tag("(word)")]
        | Annotated[EfficiencyTable, Tag("(table)")],
        Discriminator(table_or_word),
        Field(description="of an event above threshold to be recorded"),
    ]
    binding: Annotated[
        Literal["free", "shells"],
        Field(description="shells: electrons bound by more than the recoil energy do not take part"),
    ]
    quenching: Annotated[
        Annotated[Literal["none"], Tag("(word)")] | Annotated[QuenchingTable, Tag("(table)")],
        Discriminator(table_or_word),
        Field(description="what makes the visible energy of the true one"),
    ] = "none"
    energy_scale: Annotated[Positive, Field(description="multiplies the measured energy")] = 1.0
    fiducial: Annotated[
        Annotated[float, Field(gt=0, le=1, allow_inf_nan=False), Tag("(word)")]
        | Annotated[FiducialTable, Tag("(table)")],
        Discriminator(table_or_word),
        Field(description="fraction of the target's electrons within the fiducial cut"),
    ] = 1.0
    distance: Annotated[
        DistanceTable | None, Field(description="bins of the measured distance from the source")
    ] = None


class DetectorTable(ResponseTable):
    """Electrons, threshold, bins and response; exactly one of mass and electrons, of bins and edges."""

    name: Word
    target: Word | None = None
    mass: Mass | None = None
    electrons: Positive | None = None
    bins: BinsTable | None = None
    edges: Annotated[list[SignedEnergy], Field(min_length=2)] | None = None
