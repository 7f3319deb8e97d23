"""Pages of the documentation by names and titles."""

import re
from dataclasses import dataclass

from detsim.names import close_names
from macros.reference.pages import pages

__all__ = ["FOLDERS", "FoundPage", "find_page", "page_titles"]

FOLDERS = ("tutorials", "howto", "reference", "explanation")
"""Those that are installed."""
_FRONT_MATTER = re.compile(r"---\n.*?\n---\n+", re.DOTALL)
_MOST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """A page that was looked up.

    Parameters
    ----------
    name : str
        Such as "howto/own-source"; empty if there is no such page, or several.
    title, text : str
        Markdown, without what tools write at the beginning of a file.
    similar : tuple of str
        If there is none: names of those that may be meant.
    """

    name: str = ""
    title: str = ""
    text: str = ""
    similar: tuple[str, ...] = ()


def page_titles() -> dict[str, str]:
    """Return the titles of all pages by their names, such as "howto/own-source"."""
    return {name: _title(text) for name, text in _texts().items()}


def find_page(asked: str) -> FoundPage:
    """Look up a page by its name, the last part of it, or the beginning of its title.

    Examples
    --------
    >>> find_page("own-source").name, find_page("statistcs").similar
    ('howto/own-source', ('explanation/statistics',))
    """
    texts = _texts()
    titles = {name: _title(text) for name, text in texts.items()}
    low = asked.strip().strip("/").removesuffix(".md").removeprefix("docs/").casefold()
    for test in (_is_name, _is_last_part, _begins):
        fitting = [name for name, title in titles.items() if low and test(low, name, title)]
        if len(fitting) == 1:
            (name,) = fitting
            return FoundPage(name=name, title=titles[name], text=texts[name])
        if fitting:
            return FoundPage(similar=tuple(fitting[:_MOST]))
    words = {name: name for name in titles} | {name.rpartition("/")[2]: name for name in titles}
    words |= {title.casefold(): name for name, title in titles.items()}
    close = close_names(low, words, n=_MOST)
    return FoundPage(similar=tuple(dict.fromkeys(words[word] for word in close)))


def _texts() -> dict[str, str]:
    """Read the installed pages by their names, without front matter."""
    return {
        name.removesuffix(".md"): _FRONT_MATTER.sub("", text, count=1) if text.startswith("---\n") else text
        for name, text in pages().items()
        if name.partition("/")[0] in FOLDERS
    }


def _title(text: str) -> str:
    heading = re.search(r"^# (.+)$", text, re.MULTILINE)
    return heading[1].strip() if heading else ""


def _is_name(low: str, name: str, title: str) -> bool:
    return low in {name.casefold(), title.casefold()}


def _is_last_part(low: str, name: str, title: str) -> bool:
    return low == name.rpartition("/")[2].casefold()


def _begins(low: str, name: str, title: str) -> bool:
    return title.casefold().startswith(low) or name.rpartition("/")[2].casefold().startswith(low)
