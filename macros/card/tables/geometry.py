"""The tables of a card about geometry: target and source, fiducial volume, bins of the distance."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from macros.card.tables.base import Kind, Table
from macros.card.tables.quantities import Length, Position, PositionResolution, PositiveLength, Size

__all__ = [
    "BoxTable",
    "CylinderTable",
    "DistanceTable",
    "FiducialTable",
    "GeometryTable",
    "ShellTable",
    "SphereTable",
]


class _SourcePlaceTable(Table):
    source_position: Position | None = None
    source_distance: Length | None = None
    source_radius: Length = 0.0


class SphereTable(_SourcePlaceTable):
    """A sphere; source_distance is short for a source on the z axis, as of every shape."""

    shape: Literal["sphere"]
    radius: PositiveLength


class ShellTable(_SourcePlaceTable):
    """A spherical shell."""

    shape: Literal["shell"]
    inner_radius: PositiveLength
    radius: PositiveLength


class CylinderTable(_SourcePlaceTable):
    """A cylinder, its axis along z."""

    shape: Literal["cylinder"]
    radius: PositiveLength
    height: PositiveLength


class BoxTable(_SourcePlaceTable):
    """A box, its edges along the axes."""

    shape: Literal["box"]
    size: Size


GeometryTable = Annotated[SphereTable | ShellTable | CylinderTable | BoxTable, Field(discriminator="shape")]


class DistanceTable(Table):
    """Bins of the measured distance from the source, of one width or by their edges, and its smearing."""

    kinds: ClassVar[tuple[Kind, ...]] = (
        Kind(name="a width", keys=("low", "high", "width", "resolution"), description="of one width"),
        Kind(name="edges", keys=("edges", "resolution"), description="by their edges"),
    )

    low: Length | None = None
    high: Length | None = None
    width: PositiveLength | None = None
    edges: Annotated[list[Length], Field(min_length=2)] | None = None
    resolution: PositionResolution


class FiducialTable(Table):
    """A fiducial cut on the place of an event: how far inside the target's surface it has to be."""

    kinds: ClassVar[tuple[Kind, ...]] = (
        Kind(
            name="a distance",
            keys=("wall_distance",),
            description="a cut on places: so far inside every surface of the target",
        ),
    )

    wall_distance: PositiveLength
