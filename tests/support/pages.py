"""Pages of the documents, for tests that compare them with the program."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def read_page(name: str) -> str:
    """Read a page, such as ``reference/cards.md``."""
    return (DOCS / name).read_text(encoding="utf-8")


def written_files(name: str) -> dict[str, str]:
    """Files that the cells of a page write, by their names."""
    return dict(re.findall(r"^%%writefile (\S+)\n(.*?)^```", read_page(name), re.DOTALL | re.MULTILINE))


def shell_cells(name: str) -> list[str]:
    """Shell cells of a page."""
    return re.findall(r"^%%bash\n(.*?)\n```", read_page(name), re.DOTALL | re.MULTILINE)
