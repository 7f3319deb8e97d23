"""Reports as HTML files: no script, nothing loaded from elsewhere, links to files beside them only."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from macros.report.page import Report
from macros.report.vectors import inline_svg, style_variables
from macros.terminal import printable

if TYPE_CHECKING:
    import jinja2

__all__ = ["GENERATOR", "render_report", "report_template", "write_report"]

GENERATOR = '<meta name="generator" content="nugauge">'
"""By what a report is known again."""
_TEMPLATES = Path(__file__).parent / "templates"


def write_report(path: str | Path, report: Report) -> None:
    """Write a report to a file that is whole or absent.

    Parameters
    ----------
    path : str or Path
    report : Report
        The same report gives the same bytes.

    Raises
    ------
    OSError
        If the file cannot be written; nothing is left of it.
    """
    from detsim.files import whole_file

    text = render_report(report)
    with whole_file(path) as stream:
        stream.write(text.encode())


@cache
def report_template() -> "jinja2.Template":
    """Load what writes reports; it may be called before, while nothing else is to be done."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["link"] = quote
    return environment.get_template("report.html.j2")


def render_report(report: Report) -> str:
    """Return the HTML text of a report."""
    from markupsafe import Markup

    numbers = count(1)
    return report_template().render(
        report=report,
        generator=Markup(GENERATOR),
        light=Markup(style_variables(dark=False)),
        dark=Markup(style_variables(dark=True)),
        drawing=lambda text: Markup(inline_svg(text, next(numbers))),
        provenance=list(_flat(report.provenance)),
    )


def _shown(value: Any) -> Any:
    """Write the control characters of a text as escapes, line by line; leave drawings as they are."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return "\n".join(map(printable, value.split("\n")))
    return value


def _flat(mapping: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in mapping.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, str):
            yield name, value
        elif value is None:
            yield name, "–"
        elif isinstance(value, Sequence):
            yield (
                name,
                ", ".join(item if isinstance(item, str) else json.dumps(item, default=str) for item in value),
            )
        else:
            yield name, str(value)
