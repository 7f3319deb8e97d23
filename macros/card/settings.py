"""Settings of a card: of its fit, which fit data when they are called, and of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from analysis.settings import FitSettings
from macros.card.representation import public_names
from simgen.representation import html_table, text_table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from analysis.fits import FitResult, Impacts, ProfileScan
    from macros.card.card import Card

__all__ = ["CardFit", "FitField", "RunSettings"]


class CardFit(FitSettings):
    """Settings of the fit of one card: its table [fit]; called with data, the fit itself.

    Equal to `FitSettings` of the same values.

    Examples
    --------
    >>> from macros.card import load_card
    >>> card = load_card("borexino-cr51-realistic")
    >>> card.fit.limit_level
    0.95
    >>> card.fit(card.expect()).valid
    True
    """

    __slots__ = ("_card",)

    _card: "Card"

    @classmethod
    def of(cls, settings: FitSettings, card: "Card") -> Self:
        """Bind settings to their card."""
        bound = cls(**_values(settings))
        object.__setattr__(bound, "_card", card)
        return bound

    def __call__(
        self,
        data: Any,
        *,
        poi: str | None = None,
        number: int | None = None,
        seed: int | None = None,
        auxiliary: "Mapping[str, float | str] | None" = None,
    ) -> "FitResult":
        """Fit a parameter to data, with everything that the card says.

        Parameters
        ----------
        data : Events, hist.Hist, Expectation, str, path or array_like
            Simulated events; a histogram; exact expectations; a file that `nugauge fit` reads; whole counts
            per bin, shape (n_bins,) or with both flow bins (n_bins + 2,). Of several experiments a mapping
            of their names to data.
        poi : str, optional
            Parameter of interest instead of the card's.
        number : int, optional
            Which pseudo-experiment of an event file that holds several.
        seed : int, optional
            Of simulated templates (`fit.templates = "simulation"`); else that of the card.
        auxiliary : mapping of str to float or str, optional
            Auxiliary measurements of nuisance parameters, see `Card.measured`; nominal without.

        Returns
        -------
        FitResult
            The numbers of ``nugauge fit``.

        Raises
        ------
        ValueError
            If data do not belong to the card, or a seed is missing.
        FileError
            If a file is incomplete, foreign or damaged.

        Examples
        --------
        >>> from macros.card import load_card
        >>> card = load_card("borexino-cr51-realistic")
        >>> print(card.fit(card.simulate(seed=1)))
        Fit of gamma
          gamma                         -0.056 ± 0.098, -0.154 to 0.041
          activity                      1.000 ± 0.018, 0.982 to 1.018
          background_flat               1.019 ± 0.099, 0.921 to 1.118
          intervals                     minos, 68.3 %
          minimum of -2 ln L (poisson)  4.992
          degrees of freedom            5
        """
        return self._card.seeded(seed)._inference(data, poi=poi, number=number, auxiliary=auxiliary).fit()

    def impacts(
        self,
        data: Any,
        *,
        poi: str | None = None,
        number: int | None = None,
        seed: int | None = None,
        auxiliary: "Mapping[str, float | str] | None" = None,
    ) -> "Impacts":
        """Fit, and compute how the estimate moves with each nuisance parameter: ``nugauge fit --details``.

        The arguments are those of a fit.

        Examples
        --------
        >>> from macros.card import load_card
        >>> card = load_card("borexino-cr51-realistic")
        >>> [impact.name for impact in card.fit.impacts(card.expect()).impacts]
        ['background_flat', 'activity']
        """
        case = self._card.seeded(seed)._inference(data, poi=poi, number=number, auxiliary=auxiliary)
        return case.impacts(case.fit())

    def profile(
        self,
        data: Any,
        at: "ArrayLike | None" = None,
        *,
        poi: str | None = None,
        number: int | None = None,
        seed: int | None = None,
        auxiliary: "Mapping[str, float | str] | None" = None,
    ) -> "ProfileScan":
        """Fit, and scan the profile likelihood: ``nugauge fit --profile``.

        Parameters
        ----------
        at : array_like, optional
            Values of the parameter of interest, ascending; else 201 and more around all that is allowed.

        Examples
        --------
        >>> from macros.card import load_card
        >>> card = load_card("borexino-cr51-realistic")
        >>> scan = card.fit.profile(card.expect(), at=[-0.1, 0.0, 0.1])
        >>> float(scan.points[scan.delta.argmin()])
        0.0
        """
        case = self._card.seeded(seed)._inference(data, poi=poi, number=number, auxiliary=auxiliary)
        return case.profile(case.fit(), at)

    def __dir__(self) -> list[str]:
        return public_names(self)

    def __repr__(self) -> str:
        return text_table(self._title(), self._rows())

    def _repr_html_(self) -> str:
        return html_table(self._title(), self._rows())

    def _title(self) -> str:
        card = getattr(self, "_card", None)
        return "Settings of a fit" if card is None else f"Fit of the card {card.name!r}"

    def _rows(self) -> list[tuple[str, str]]:
        return [(name, "none" if value is None else str(value)) for name, value in _values(self).items()]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FitSettings):
            return NotImplemented
        return _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash(tuple(_values(self).values()))


class FitField:
    """The field `Card.fit`: holds plain settings, and gives them bound to their card."""

    @overload
    def __get__(self, card: None, owner: type) -> Self: ...
    @overload
    def __get__(self, card: "Card", owner: type) -> CardFit: ...
    def __get__(self, card: "Card | None", owner: type) -> Self | CardFit:
        if card is None:
            raise AttributeError("fit")  # dataclasses then know that there is no default
        return CardFit.of(card.__dict__["fit"], card)

    def __set__(self, card: "Card", settings: FitSettings) -> None:
        card.__dict__["fit"] = FitSettings(**_values(settings))


def _values(settings: FitSettings) -> dict[str, Any]:
    return {field.name: getattr(settings, field.name) for field in fields(FitSettings)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """How a run is done; none of it changes the physics.

    Parameters
    ----------
    seed : int or None
        None: drawn from the system, printed and stored.
    threads : int or None
        None: as many as there are processors.
    precision : {"float32", "float64"}
        Of the columns in event files.
    compression : {"zstd-1", "lz4-4", "none"}
        Of event files.
    columns : tuple of {"vertex", "time", "cos_theta", "direction"}
        What event files hold beside the few that they always hold.
    format : {"ttree", "rntuple"}
        What holds the events in event files.
    events_per_file : int or None
        Where `generate` and `simulate` begin another file; None: nowhere.
    file_size : float or None
        The same by the size of files [B].
    """

    seed: int | None = None
    threads: int | None = None
    precision: Literal["float32", "float64"] = "float32"
    compression: Literal["zstd-1", "lz4-4", "none"] = "zstd-1"
    columns: tuple[Literal["vertex", "time", "cos_theta", "direction"], ...] = ()
    format: Literal["ttree", "rntuple"] = "ttree"
    events_per_file: int | None = None
    file_size: float | None = None
