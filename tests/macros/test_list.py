"""`nugauge list` names all that a card can hold."""

import pytest
from support.invocation import answer, invoke

from macros.card import json_schema
from macros.card.catalogue import responses, shapes
from macros.card.tables.detector import CurveTable, ResponseTable
from macros.card.tables.geometry import DistanceTable, FiducialTable
from simgen import constants

SHAPES = {"geometries": "geometry", "backgrounds": "background"}


@pytest.fixture(scope="module")
def schema():
    return json_schema()


def keys_of(cell):
    return {word.strip("[] ") for word in cell.split(",")}


@pytest.mark.parametrize("kind", SHAPES)
def test_every_shape_is_listed(kind, schema):
    """Contract. Finds a shape, or a key of one, that the schema has and the list has not."""
    entry = schema["properties"][SHAPES[kind]]
    one = entry["anyOf"][0] if kind == "geometries" else entry["additionalProperties"]
    mapping = {shape: ref.rpartition("/")[2] for shape, ref in one["discriminator"]["mapping"].items()}
    assert len(mapping) >= 4
    assert sorted(answer("list", kind)[kind]) == sorted(mapping)
    printed = invoke("list", kind).output
    for name, keys, description in shapes(SHAPES[kind]):
        wanted = schema["$defs"][mapping[name]]
        assert keys_of(keys) == set(wanted["properties"]) - {"shape"}
        assert keys_of(keys.split("[")[0].strip(", ")) == set(wanted["required"]) - {"shape"}
        assert description[:-1].lower() in wanted["description"].lower()
        assert all(text in printed for text in (name, keys, description))


def test_every_response_is_listed(schema):
    """Contract. Finds a key of the response, or of one of its tables, without a place in the list."""
    detector = schema["$defs"]["DetectorTable"]["properties"]
    elsewhere = {"name", "target", "mass", "electrons", "bins", "edges"}
    listed = answer("list", "responses")["responses"]
    assert set(listed) == set(detector) - elsewhere
    printed = invoke("list", "responses").output
    for name, value, description in responses():
        assert description not in {"", "None"}
        assert value
        assert all(text in printed for text in (name, value, description))
    for word in ('"perfect"', '"free" or "shells"', '"none"', "number"):
        assert word in printed


@pytest.mark.parametrize(
    "table", [*CurveTable.__subclasses__(), DistanceTable, FiducialTable], ids=lambda t: t.__name__
)
def test_kinds_of_a_table_have_all_its_keys(table):
    """Contract. Finds a key that belongs to no kind of statement, which the reader would pass over."""
    keys = {key for kind in table.kinds for key in kind.keys}
    assert keys == set(table.model_fields) - {"sha256"}
    listed = " ".join(value for _, value, _ in responses())
    assert all(key in listed for key in keys)


def test_everything_is_listed_at_once():
    """Contract: without a kind all are listed, names under their kinds."""
    found = answer("list")
    for kind in ("presets", "sources", "models", "detectors", "responses", *SHAPES):
        assert found[kind] == answer("list", kind)[kind]
        assert len(set(found[kind])) == len(found[kind]) > 0
    assert found["responses"] == list(ResponseTable.model_fields)


def test_references():
    """Contract. Constants, isotopes, couplings and data bases, each with its source."""
    found = answer("list", "references")["references"]
    by_name = {each["what"]: each for each in found}
    assert by_name["G_F"]["source"] == "Fermi constant [MeV⁻²] (PDG)"
    assert float(by_name["M_E"]["ours"]) == constants.M_E
    assert {"half-life, Cr51", "neutrino line, Ar37, number 0", "end point, Pm147"} <= set(by_name)
    assert by_name["half-life, Cr51"]["source"] == "ENSDF, September 2023"
    assert (by_name["half-life, Sr90"]["ours"], len(found) > 200) == ("28.8 y", True)
    assert set(constants.__all__) <= set(by_name)
    assert all(each["source"] for each in found)
    assert any("xraydb" in each["ours"] for each in found)
    said = invoke("list", "references").stdout
    assert len(said.splitlines()) == 1 + len(found)
    assert "references" not in answer("list")
