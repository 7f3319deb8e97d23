"""`nugauge campaign`: the commands of a campaign."""

import typer

from macros.campaigns.commands.new import new
from macros.campaigns.commands.run import chunk, run
from macros.campaigns.commands.script import script
from macros.campaigns.commands.state import merge, status
from macros.terminal import OnceCommand, guard

__all__ = ["campaign"]

campaign = typer.Typer(
    name="campaign",
    help="Studies of any size: cut into chunks, resumed, joined.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_UNREAD = {"ignore_unknown_options": True}
campaign.command("new", cls=OnceCommand, context_settings=_UNREAD)(guard(new))
campaign.command("run", cls=OnceCommand)(guard(run))
campaign.command("script", cls=OnceCommand)(guard(script))
campaign.command("chunk", cls=OnceCommand)(guard(chunk))
campaign.command("status", cls=OnceCommand)(guard(status))
campaign.command("merge", cls=OnceCommand)(guard(merge))
