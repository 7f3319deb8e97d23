"""A card as an object: what it describes; its answers are in macros/card/answers.py."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from macros.card.answers import AnsweringCard
from macros.card.experiments import choose_experiment, plain_document
from macros.card.settings import FitField, RunSettings
from macros.card.toml import write_toml

if TYPE_CHECKING:
    from detsim.experiment import Experiment
    from simgen.interaction import Model

__all__ = ["Card"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Card(AnsweringCard):
    """A valid card, which answers with everything that it says: the numbers are those of the commands.

    Parameters
    ----------
    name : str
        The preset's name, or the file's without its suffix.
    document : dict
        The card as plain values, overrides applied.
    experiments : tuple of detsim.experiment.Experiment
        One, unless the card has several, which then have its names.
    model : simgen.interaction.Model
    fit : analysis.settings.FitSettings
        Called with data it fits them: ``card.fit(data)``, see `CardFit`.
    run : RunSettings
    warnings : tuple of str
        What is not plausible in it.

    Notes
    -----
    What the methods take in common:

    data
        As `CardFit` takes them: events, a histogram, exact expectations, a file, counts; of several
        experiments a mapping of their names to such; what `measured` and `toy` return.
    seed
        Else that of the card; needed where random numbers are drawn.
    poi, level
        Instead of the card's `fit.poi`, and for intervals of pseudo-experiments of its `fit.limit_level`.
    events
        Whether every event of pseudo-experiments is simulated, instead of throwing counts per bin.
    table
        File of ``nugauge calibrate``, with thresholds of intervals.
    first, audit
        Index of the first pseudo-experiment; how many are fitted again by MINUIT.
    """

    name: str
    document: dict[str, Any]
    experiments: "tuple[Experiment, ...]"
    model: "Model"
    fit: FitField = FitField()  # noqa: RUF009 (a descriptor, which dataclasses know)
    run: RunSettings
    warnings: tuple[str, ...] = ()

    @property
    def experiment(self) -> "Experiment":
        """The only experiment; if there are several, a ValueError."""
        if len(self.experiments) > 1:
            names = ", ".join(e.name for e in self.experiments)
            raise ValueError(f"{self.name} has several experiments: choose one of {names} with .of(NAME)")
        return self.experiments[0]

    @property
    def together(self) -> "Experiment | tuple[Experiment, ...]":
        """What a fit takes: the only experiment, or all of several."""
        return self.experiments[0] if len(self.experiments) == 1 else self.experiments

    def of(self, name: str | None) -> "Card":
        """Return the plain card of one experiment; without a name of the only one.

        If there is none of that name, or several and no name, a ValueError.

        Examples
        --------
        >>> from macros.card import load_card
        >>> load_card("borexino-cr51-realistic").of(None).name
        'borexino-cr51-realistic'
        """
        if "experiment" not in self.document:
            if name is not None:
                raise ValueError(f"{self.name} has one experiment without a name: leave --of {name} out")
            return self
        experiment = choose_experiment(self.name, self.experiments, name)
        document = plain_document(self.document, experiment.name)
        return replace(
            self, name=f"{self.name} {experiment.name}", document=document, experiments=(experiment,)
        )

    def text(self) -> str:
        """Write the card as TOML, as it is used: overrides applied, without comments.

        Examples
        --------
        >>> from macros.card import load_card
        >>> print(load_card("borexino-cr51-realistic").text().splitlines()[0])
        [source]
        """
        return write_toml(self.document)

    def seeded(self, seed: int | None, *, draws: bool = False) -> "Card":
        """Return the card with a seed, or with its own.

        If random numbers are drawn (`draws`), or templates simulated, there has to be one: else a ValueError.

        Examples
        --------
        >>> from macros.card import load_card
        >>> load_card("borexino-cr51-realistic").seeded(1).run.seed
        1
        """
        from simgen.random import check_seed

        chosen = self.run.seed if seed is None else check_seed(seed)
        if chosen is None:
            if draws or self.fit.templates == "simulation":
                raise ValueError("random numbers are drawn: give seed=..., or state run.seed in the card")
            return self
        document = {**self.document, "run": {**self.document.get("run", {}), "seed": chosen}}
        return replace(self, document=document, run=replace(self.run, seed=chosen))
