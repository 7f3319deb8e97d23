"""Methods of a card that read data."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import hist

    from detsim.experiment import Experiment
    from macros.studies import DataSets

__all__ = ["DataOfCard"]


class DataOfCard:
    """Data, auxiliary measurements, stored toys and histograms, as a card takes them."""

    experiments: "tuple[Experiment, ...]"

    def measured(
        self, data: Any, auxiliary: "Mapping[str, float | str]", *, number: int | None = None
    ) -> "DataSets":
        """Join data with auxiliary measurements, by the names of nuisance parameters: ``--auxiliary``.

        A number is what the fit reports, relative to nominal; a text such as "1.7 MCi" has a unit.
        """
        from macros.studies import data_sets

        return data_sets(cast("Any", self), data, number=number, auxiliary=auxiliary)

    def toy(self, path: str | PathLike[str], number: int, *, truth: float | None = None) -> "DataSets":
        """Read counts and auxiliary measurements of one toy of a file of ``nugauge toys``: ``--toy``.

        A file of ``nugauge coverage`` has several true values: `truth` is one of them.
        """
        from macros.studies import toy_data
        from macros.terminal import ToyChoice

        return toy_data(cast("Any", self), Path(path), ToyChoice(number=number, truth=truth))

    def histogram(self, data: Any) -> "hist.Hist[Any] | dict[str, hist.Hist[Any]]":
        """Fill the histogram of data, as `fit` takes them; of several experiments by their names."""
        from macros.studies import data_sets

        sets = data_sets(cast("Any", self), data).sets
        if len(self.experiments) == 1:
            return sets[0].histogram
        return {e.name: data_set.histogram for e, data_set in zip(self.experiments, sets, strict=True)}
