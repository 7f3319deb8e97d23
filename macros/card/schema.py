"""The JSON schema of a card."""

from typing import Any

from detsim.names import NAME_PATTERN
from macros.card.tables import CardTables, ExperimentTables

__all__ = ["json_schema"]


def json_schema() -> dict[str, Any]:
    """Describe a card as JSON schema (draft 2020-12)."""
    schema = CardTables.model_json_schema()
    one = ExperimentTables.model_json_schema()
    schema["$defs"] = {**schema["$defs"], **one.pop("$defs"), "ExperimentTables": one}
    names = {"pattern": f"^{NAME_PATTERN}$"}
    schema["$defs"]["ComponentTable"]["properties"]["name"] |= names
    for tables in (schema, one):
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
