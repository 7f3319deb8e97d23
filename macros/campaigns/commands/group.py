"""`nugauge campaign`: the commands of a campaign."""

import typer

from macros.terminal import add_commands

__all__ = ["campaign"]

campaign = typer.Typer(
    name="campaign",
    help="Studies of any size: cut into chunks, resumed, joined.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_COMMANDS = {
    "new": ("new.new", "Check a study, cut it into chunks, measure its cost."),
    "run": ("run.run", "Make all chunks that are not there."),
    "script": ("script.script", "Write an array job that makes the chunks that are not there."),
    "chunk": ("run.chunk", "Make one or more chunks here, as jobs of a farm do."),
    "status": ("state.status", "Say what is done, running, failed, and when it ends."),
    "merge": ("state.merge", "Join all chunks into one file."),
}
"""Function and summary of each command, in the order of the help text."""
add_commands(campaign, "macros.campaigns.commands", _COMMANDS, unread=frozenset({"new"}))
