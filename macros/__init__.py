"""What a user runs: the command line, run cards, figures and reports."""

from typing import TYPE_CHECKING, Any

from simgen.former import install

if TYPE_CHECKING:
    from macros.card import Card, CardError, load_card

__all__ = ["Card", "CardError", "load_card"]

install()


def __getattr__(name: str) -> Any:
    if name in __all__:
        import macros.card

        return getattr(macros.card, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
