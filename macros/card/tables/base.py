"""Base classes of the tables of a card."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, model_validator

from macros.card.tables.quantities import SignedEnergy

__all__ = ["Kind", "RangeTable", "Table", "table_or_word"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of the statements that a table can make.

    Parameters
    ----------
    name : str
        As messages call it.
    keys : tuple of str
        Of which one or more are given.
    description : str
    """

    name: str
    keys: tuple[str, ...]
    description: str


class Table(BaseModel):
    """Keys and their types; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    kinds: ClassVar[tuple[Kind, ...]] = ()
    """What a table can state in one of several ways."""


class RangeTable(Table):
    """A range of energies."""

    low: SignedEnergy
    high: SignedEnergy

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        return self


def table_or_word(value: Any) -> str:
    """Tell a table from a plain value by a tag that is no key of any table."""
    return "(table)" if isinstance(value, dict | BaseModel) else "(word)"
