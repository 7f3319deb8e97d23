"""Commands that take each option once, and name what is wrong with a value."""

import re
from collections import Counter
from typing import Any

import typer
from typer.core import TyperCommand

from macros.terminal.next_command import remember

__all__ = ["OnceCommand"]

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
