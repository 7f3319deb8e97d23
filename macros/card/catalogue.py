"""What can be written in a card, read from its tables: shapes, the response, the JSON schema."""

from collections.abc import Iterator
from typing import Any, get_args

from detsim.names import NAME_PATTERN
from macros.card.tables import CardTables, ExperimentTables, ResponseTable, Table

__all__ = ["json_schema", "responses", "shapes"]


def shapes(table: str) -> list[tuple[str, str, str]]:
    """List the shapes of a table of the card: name, keys, what it is; keys in brackets may be left out.

    Examples
    --------
    >>> shapes("geometry")[2][:2]
    ('cylinder', 'radius, height, [source_position, source_distance, source_radius]')
    """
    rows = []
    for kind in _tables(CardTables.model_fields[table].annotation):
        fields = kind.model_fields
        (name,) = get_args(fields["shape"].annotation)
        required = [key for key, field in fields.items() if field.is_required() and key != "shape"]
        optional = [key for key, field in fields.items() if not field.is_required()]
        keys = ", ".join([*required, f"[{', '.join(optional)}]"] if optional else required)
        rows.append((name, keys, _summary(kind)))
    return rows


def responses() -> list[tuple[str, str, str]]:
    """List the keys of a detector's response: name (empty in further rows of it), value, what it is."""
    rows = []
    schema = ResponseTable.model_json_schema()["properties"]
    for name, field in ResponseTable.model_fields.items():
        kinds = [kind for table in _tables(field.annotation) for kind in table.kinds]
        named = [(" or ".join(_values(schema[name])), str(field.description))]
        more = [(f"{{ {', '.join(kind.keys)} }}", kind.description) for kind in kinds]
        if not named[0][0]:  # there is no word for it: its first table says what it is
            named, more = [(more[0][0], f"{named[0][1]}: {more[0][1]}")], more[1:]
        rows += [(name if i == 0 else "", *row) for i, row in enumerate([*named, *more])]
    return rows


def _tables(annotation: Any) -> Iterator[type[Table]]:
    """Find the tables of a union."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        yield annotation
    for argument in get_args(annotation):
        yield from _tables(argument)


def _values(schema: dict[str, Any]) -> list[str]:
    """Say what is allowed by a JSON schema that is no table."""
    if inner := schema.get("anyOf", schema.get("oneOf")):
        return [value for option in inner for value in _values(option)]
    if "$ref" in schema or schema.get("type") == "null":
        return []
    words = schema.get("enum", [schema["const"]] if "const" in schema else schema.get("examples"))
    return ["number"] if words is None else [f'"{word}"' for word in words]


def _summary(table: type[Table]) -> str:
    """Take the docstring as the description, in the style of a list."""
    text = (table.__doc__ or "").strip().splitlines()[0].rstrip(".")
    return text[:1].lower() + text[1:]


def json_schema() -> dict[str, Any]:
    """Describe a card as JSON schema (draft 2020-12)."""
    schema = CardTables.model_json_schema()
    experiment = ExperimentTables.model_json_schema()
    schema["$defs"] = {**schema["$defs"], **experiment.pop("$defs"), "ExperimentTables": experiment}
    names = {"pattern": f"^{NAME_PATTERN}$"}
    schema["$defs"]["ComponentTable"]["properties"]["name"] |= names
    for tables in (schema, experiment):
        tables["properties"]["background"]["propertyNames"] = names
    schema["properties"]["experiment"] = {
        "description": "Several experiments, by name; a table at the top is taken by all that state none.",
        "type": "object",
        "minProperties": 1,
        "propertyNames": names,
        "additionalProperties": {"$ref": "#/$defs/ExperimentTables"},
    }
    alone = [key for key in schema["required"] if key != "model"]
    choice = {"required": ["model"], "anyOf": [{"required": alone}, {"required": ["experiment"]}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        **choice,
        "title": "nugauge card",
    }
