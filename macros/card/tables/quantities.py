"""Types of the values in a card: numbers, and quantities that are texts with their unit."""

import math
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationInfo, WithJsonSchema

from simgen.parameters import NAMED_BETA
from simgen.units import KINDS, Kind, read_quantity

__all__ = [
    "Activity",
    "Amount",
    "Angle",
    "Area",
    "Beta",
    "BirksConstant",
    "Energy",
    "EnergyUnit",
    "FileSize",
    "Finite",
    "Flux",
    "GenerateAbove",
    "HalfLife",
    "Length",
    "LightYield",
    "Mass",
    "MassSquared",
    "Moment",
    "NotNegative",
    "Position",
    "PositionResolution",
    "Positive",
    "PositiveEnergy",
    "PositiveLength",
    "PositiveTime",
    "Rate",
    "SignedEnergy",
    "SignedLength",
    "Size",
    "Threshold",
    "Time",
    "Word",
    "quantity",
]


def _read(
    value: Any, kind: Kind, *, bare: bool = False, words: Mapping[str, float] = {}, unit: str | None = None
) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and bare:
        return value
    if isinstance(value, str) and value in words:
        return words[value]
    if number and not abs(value) <= sys.float_info.max:
        raise ValueError(f"must be finite, got {value if isinstance(value, float) else 'too many digits'}")
    if not (number or isinstance(value, str)):
        raise ValueError(f"must be {KINDS[kind].article} in quotes, for example {KINDS[kind].example!r}")
    try:
        return read_quantity(str(value), kind, unit=unit)
    except ValueError as error:
        alternatives = f"; or {', '.join(map(repr, words))}" if words else ""
        raise ValueError(f"{error}{alternatives}") from None


def _read_rate(value: Any, info: ValidationInfo) -> Any:
    """Read a rate, or one per mass: where the exposure is mass × time, or times the mass of the detector.

    The context says which: ``per_mass``, and ``mass`` [g] or None.
    """
    context = info.context or {}
    if context.get("per_mass"):
        return _read(value, "rate per mass")
    if isinstance(value, str) and _is_per_mass(value):
        mass = context.get("mass")
        if mass is not None:
            return _read(value, "rate per mass") * mass
        try:
            return _read(value, "rate")
        except ValueError as error:
            raise ValueError(f"{error}; or state detector.mass, by which it is multiplied") from None
    return _read(value, "rate")


def _is_per_mass(text: str) -> bool:
    try:
        read_quantity(text, "rate per mass")
    except ValueError:
        return False
    return True


def quantity(
    kind: Kind, *, bare: bool = False, words: Mapping[str, float] = {}, unit: str | None = None
) -> tuple[BeforeValidator, WithJsonSchema]:
    """Read a quantity into internal units, or into `unit`.

    With `bare`, a number in these units is also one, and `words` stand for values.
    """
    example = KINDS[kind].example

    def read(value: Any) -> Any:
        return _read(value, kind, bare=bare, words=words, unit=unit)

    text: dict[str, Any] = {"type": "string", "examples": [example, *words]}
    schema = {"anyOf": [{"type": "number"}, text]} if bare else text
    return BeforeValidator(read), WithJsonSchema(schema)


Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]

Energy = Annotated[NotNegative, *quantity("energy")]
GenerateAbove = Annotated[
    Annotated[Literal["auto"], Tag("(auto)")] | Annotated[Energy, Tag("(energy)")],
    Discriminator(lambda value: "(auto)" if value == "auto" else "(energy)"),
]
"""A true recoil energy, or the word for one that is found."""
PositiveEnergy = Annotated[Positive, *quantity("energy")]
SignedEnergy = Annotated[Finite, *quantity("energy")]
Length = Annotated[NotNegative, *quantity("length")]
PositiveLength = Annotated[Positive, *quantity("length")]
SignedLength = Annotated[Finite, *quantity("length")]
Position = Annotated[list[SignedLength], Field(min_length=3, max_length=3)]
Size = Annotated[list[PositiveLength], Field(min_length=3, max_length=3)]
PositionResolution = Annotated[NotNegative, *quantity("length", words={"perfect": 0.0})]
Mass = Annotated[Positive, *quantity("mass")]
MassSquared = Annotated[NotNegative, *quantity("mass squared", unit="eV2")]
Time = Annotated[Finite, *quantity("time")]
PositiveTime = Annotated[Positive, *quantity("time")]
Activity = Annotated[Positive, *quantity("activity")]
Amount = Annotated[Positive, *quantity("exposure")]
Rate = Annotated[
    NotNegative,
    BeforeValidator(_read_rate),
    WithJsonSchema({"type": "string", "examples": [KINDS["rate"].example, KINDS["rate per mass"].example]}),
]
Flux = Annotated[Positive, *quantity("flux")]
Angle = Annotated[Finite, *quantity("angle")]
Area = Annotated[Finite, *quantity("area")]
Moment = Annotated[NotNegative, *quantity("magnetic moment", bare=True)]
Threshold = Annotated[float, *quantity("energy", words={"none": -math.inf})]
HalfLife = Annotated[float, Field(gt=0), *quantity("time", words={"none": math.inf})]
Beta = Annotated[Finite, *quantity("angle", words=NAMED_BETA)]
LightYield = Annotated[Positive, *quantity("light yield")]
FileSize = Annotated[float, Field(ge=1e6, allow_inf_nan=False), *quantity("size of a file")]
BirksConstant = Annotated[NotNegative, *quantity("Birks constant")]
Word = Annotated[str, Field(min_length=1)]
EnergyUnit = Literal["eV", "keV", "MeV", "GeV"]
