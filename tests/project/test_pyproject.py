"""pyproject.toml: the extra for users and the groups for developers name the same packages."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_extra_is_made_of_the_groups():
    """Contract: `pip install -e .[test]` and `pip install --group` give the same tools."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = document["dependency-groups"]
    assert sorted(document["project"]["optional-dependencies"]["test"]) == sorted(
        groups["test"] + groups["lint"]
    )
    assert {"include-group": "test"} in groups["dev"]
    assert {"include-group": "lint"} in groups["dev"]
