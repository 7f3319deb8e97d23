"""What the tables of a card have in common."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from macros.card.quantities import SignedEnergy

__all__ = ["RangeTable", "Table", "table_or_word"]


class Table(BaseModel):
    """A table: no other keys, no conversions, no changes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


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
    """Tell a table from what may stand in its place, for pydantic's `Discriminator`."""
    # neither may be a key of the tables: they are told apart from keys by that
    return "(table)" if isinstance(value, dict | BaseModel) else "(word)"
