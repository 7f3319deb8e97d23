"""Commands that are imported when they are called, take options once, and name what is wrong with a value."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import typer
import typer.main
from typer.core import TyperCommand

from macros.terminal.next_command import remember
from macros.terminal.status import guard

__all__ = ["OnceCommand", "add_commands"]

_LONGEST_LINE = 1000


class OnceCommand(TyperCommand):
    """A command whose options are given once, unless their help says that they can be repeated.

    A flag means the same however often it is given; one that has an opposite does not. A wrong value is
    named in the message.
    """

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return the first sentence of the help, never cut."""
        return super().get_short_help_str(_LONGEST_LINE)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line.

        Raises
        ------
        click.UsageError
            If an option is given twice, is unknown, or has a wrong value.
        """
        if ctx.resilient_parsing:  # at Tab: an option at the end has no value yet
            last = args[-1:] if args and args[-1].startswith("-") else []
            return super().parse_args(ctx, args[: len(args) - len(last)])
        remember(str(ctx.info_name), args)
        number = next((a for a in args if re.fullmatch(r"-[\d.]+", a)), None)
        try:
            values, _, order = self.make_parser(ctx).parse_args(args=list(args))
        except typer.BadParameter:
            raise
        except Exception as error:
            if number is not None and getattr(error, "option_name", None) == number[:2]:
                ctx.fail(f"No such option: {number}; as an argument a number has to be at least 0")
            elsewhere = _ELSEWHERE.get((str(ctx.info_name), str(getattr(error, "option_name", ""))))
            if elsewhere is not None:
                ctx.fail(elsewhere)
            raise
        for option, times in Counter(order).items():
            single = option.param_type_name == "option" and not getattr(option, "multiple", False)
            alike = getattr(option, "is_flag", False) and not option.secondary_opts
            if single and not alike and times > 1:
                ctx.fail(f"{'/'.join(option.opts)} is given {times} times, and one counts: give it once")
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            value = values.get(getattr(error.param, "name", None) or "")
            error.message = _name_value(error.message, value)
            raise


class _ListedCommand(OnceCommand):
    """A command whose name and summary are known before its module is imported.

    Parameters
    ----------
    callback : callable
        Makes the command from its module, when its function, parameters or help are first needed.
    **settings
        As of other commands; `short_help` is the summary.
    """

    def __init__(self, *, callback: Any, **settings: Any) -> None:
        super().__init__(callback=callback, **settings)
        self._make = callback
        del self.callback, self.params, self.help

    def __getattr__(self, name: str) -> Any:
        """Import the module, which has what is not known yet."""
        if name not in {"callback", "params", "help"}:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        made = self._make()
        self.callback, self.params, self.help = made.callback, made.params, made.help
        return getattr(self, name)


def add_commands(
    app: typer.Typer,
    package: str,
    commands: Mapping[str, tuple[str, str]],
    *,
    unread: frozenset[str] = frozenset(),
) -> None:
    """Add commands to a group; the module of each is imported when it is called, or its help is shown.

    Parameters
    ----------
    app : typer.Typer
        The group.
    package : str
        Package of the modules.
    commands : mapping of str to tuple of str
        By the name of each: its module and function, as ``MODULE.FUNCTION``, and the summary in the list of
        commands, which is the first line of the function's docstring.
    unread : frozenset of str
        Commands that take options of other commands as arguments.
    """
    for name, (path, summary) in commands.items():
        settings = {"ignore_unknown_options": True} if name in unread else {}
        add = app.command(name, cls=_ListedCommand, short_help=summary, context_settings=settings)
        add(_maker(name, f"{package}.{path}"))


def _maker(name: str, path: str) -> Callable[[], Any]:
    """Return what imports the function of a command and makes the command of it."""

    def make() -> Any:
        module, _, function = path.rpartition(".")
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name, cls=OnceCommand)(guard(getattr(import_module(module), function)))
        return typer.main.get_command(alone)

    return make


_ELSEWHERE = {
    ("run", "--events"): "No such option: --events; run simulates the exposure of the card: "
    "--set exposure.duration=..., or nugauge simulate CARD --events N"
}
"""What options do that another command has, by command and option."""
_WRONG_NUMBERS = {
    r"Input should be a valid integer.*": "must be a whole number",
    r"Input should be a valid number.*": "must be a number",
    r"Input should be greater than or equal to (\S+)": r"must be at least \1",
    r"Input should be less than or equal to (\S+)": r"must be at most \1",
    r"Unable to parse input string as an integer.*": "has too many digits",
}
"""What pydantic says of numbers, in the words of the other messages."""


def _name_value(message: str, value: object) -> str:
    """Say in a message of pydantic's what was given."""
    for pattern, words in _WRONG_NUMBERS.items():
        if re.fullmatch(pattern, message):
            text = re.sub(pattern, words, message)
            return f"{text}, got {value}" if isinstance(value, str) and len(value) < 100 else text
    return message
