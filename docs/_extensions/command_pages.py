"""Page of all commands, written from the command line itself whenever the site is built."""

import re
from pathlib import Path
from typing import Any

import typer
import typer.main
from sphinx.application import Sphinx
from typer.cli import get_docs_for_click

from macros.cli import app as command_line

INTRODUCTION = """# Commands

What `nugauge COMMAND --help` says, for all commands.
[Files](files.md) and [JSON](json.md) describe what they write.

```{contents}
:local:
:depth: 1
```

"""


def summaries(group: Any, context: Any) -> dict[str, str]:
    """First paragraphs of the help of all commands of a group, those of its groups too."""
    texts = {}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        texts[name] = (command.help or "").partition("\n\n")[0].replace("\n", " ").strip()
        if hasattr(command, "list_commands"):
            texts |= summaries(command, context)
    return texts


def page() -> str:
    """All commands in Markdown: typer's own text, its cut summaries made whole."""
    group = typer.main.get_command(command_line)
    context = typer.Context(group, info_name="nugauge")
    texts = summaries(group, context)
    markdown = get_docs_for_click(obj=group, ctx=context, name="nugauge")
    _, _, body = markdown.partition("**Usage**")

    def whole(match: re.Match[str]) -> str:
        return f"* `{match[1]}`: {texts[match[1]]}"

    body = re.sub(
        r"^\* `([\w-]+)`: .*$", lambda m: whole(m) if m[1] in texts else m[0], body, flags=re.MULTILINE
    )
    body = re.sub(r"\{(\w+)\}", r"\1", body)  # names of arguments
    return INTRODUCTION + "**Usage**" + body.rstrip("\n") + "\n"


def write(app: Sphinx) -> None:
    """Write the page where it differs, so that a second build does not read it anew."""
    path, text = Path(app.srcdir) / "reference" / "commands.md", page()
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Let Sphinx write the page before it looks for pages."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
