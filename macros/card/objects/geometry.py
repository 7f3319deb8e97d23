"""From the tables of a card to target, source position and distances, and a check of what needs them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from macros.card.checks import FaultList
from macros.card.tables import BoxTable, CylinderTable, DistanceTable, ShellTable, SphereTable

if TYPE_CHECKING:
    from detsim.detector import DistanceBins
    from simgen.geometry import Geometry

__all__ = ["build_distance", "build_geometry", "check_place"]

_MAX_DISTANCES = 10_000


def build_geometry(
    table: SphereTable | ShellTable | CylinderTable | BoxTable | None, faults: FaultList
) -> "Geometry | None":
    """Make the target's shape and the place of the source."""
    if table is None:
        return None

    from simgen.geometry import Box, Cylinder, Shell, Sphere

    stated = table.model_dump(exclude_none=True, exclude={"shape"})
    stated |= {key: tuple(stated[key]) for key in ("source_position", "size") if key in stated}
    if "source_distance" in stated and "source_position" in stated:
        faults.add("geometry.source_distance", "says the same as source_position", "give one of the two")
        return None
    if "source_distance" in stated and table.shape != "sphere":
        stated["source_position"] = (0.0, 0.0, stated.pop("source_distance"))
    kinds: dict[str, Callable[..., Geometry]] = {
        "sphere": Sphere,
        "shell": Shell,
        "cylinder": Cylinder,
        "box": Box,
    }
    with faults.at("geometry"):
        return kinds[table.shape](**stated)
    return None


def build_distance(
    table: DistanceTable, faults: FaultList, path: str = "detector.distance"
) -> "DistanceBins | None":
    """Make the bins of the distance."""
    from detsim.detector import DistanceBins

    edges = _edges(table, faults, path)
    if edges is None:
        return None
    with faults.at(path):
        return DistanceBins(edges=edges, resolution=table.resolution)
    return None


def _edges(table: DistanceTable, faults: FaultList, path: str) -> tuple[float, ...] | None:
    from detsim.detector import uniform_edges

    low, high, width = table.low, table.high, table.width
    missing = [key for key in ("low", "high", "width") if getattr(table, key) is None]
    if (table.edges is None) == (len(missing) == 3):
        example = '{ low = "5 m", high = "11 m", width = "0.5 m", resolution = "15 cm" }'
        faults.add(path, "needs either low, high and width or edges", f"for example {example}")
        return None
    if table.edges is not None:
        return tuple(table.edges)
    for key in missing:
        faults.add_missing(f"{path}.{key}")
    if low is None or high is None or width is None:
        return None
    if low >= high:
        faults.add(path, "low must be below high")
        return None
    if high - low > _MAX_DISTANCES * width:
        faults.add(f"{path}.width", f"makes more than {_MAX_DISTANCES} bins")
        return None
    return uniform_edges(low, high, width)


def check_place(tables: Mapping[str, Any], faults: FaultList) -> None:
    """Report what needs the places of events where nothing says what they are.

    Parameters
    ----------
    tables : mapping of str to table
        Those that are valid in themselves.
    faults : FaultList
    """
    source, detector, model = (tables.get(name) for name in ("source", "detector", "model"))
    asks = []
    if detector is not None and detector.distance is not None:
        asks.append("detector.distance")
    if detector is not None and not isinstance(detector.fiducial, float | int):
        asks.append("detector.fiducial.wall_distance")
    if model is not None and model.delta_m2 is not None:
        asks.append("model.delta_m2")
    if source is not None and source.flux is not None:
        reason = "needs to know where events happen, and a flux is the same everywhere"
        advice = "give an activity, or events, instead of the flux, and a [geometry]"
    elif "geometry" not in faults.document and (source is None or source.activity is None):
        reason = "needs to know where events happen"
        advice = "state a [geometry]: the shape of the target, and where the source is"
    else:
        return
    for key in asks:
        faults.add(key, reason, advice)
