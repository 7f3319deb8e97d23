"""pyproject.toml: the extra for users and the groups for developers name the same packages."""

import tomllib
from pathlib import Path

from macros.reference import page_search, pages

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


def test_the_pages_are_installed_with_the_program():
    """Contract: `nugauge explain` and Tab read them where `macros.reference` looks for them."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = document["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {f"docs/{name}": f"macros/docs/{name}" for name in page_search.FOLDERS}
    package = Path(pages.__file__).parents[1]
    assert (package / "docs", package.parent / "docs") == pages._PLACES
    for name in (
        "reference/cards.md",
        "reference/files.md",
        "explanation/validation.md",
        "reference/card.schema.json",
    ):
        assert (ROOT / "docs" / name).is_file()
