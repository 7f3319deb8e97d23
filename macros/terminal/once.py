"""Commands that refuse an option that is given twice, where only one of its values could count."""

from collections import Counter
from typing import Any

from typer.core import TyperCommand

__all__ = ["OnceCommand"]


class OnceCommand(TyperCommand):
    """A command whose options are given once, unless their help says that they can be repeated.

    A flag means the same however often it is given; one that has an opposite does not.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line.

        Raises
        ------
        click.UsageError
            If an option is given twice.
        """
        *_, order = self.make_parser(ctx).parse_args(args=list(args))
        for option, times in Counter(order).items():
            single = option.param_type_name == "option" and not getattr(option, "multiple", False)
            alike = getattr(option, "is_flag", False) and not option.secondary_opts
            if single and not alike and times > 1:
                ctx.fail(f"{'/'.join(option.opts)} is given {times} times, and one counts: give it once")
        return super().parse_args(ctx, args)
