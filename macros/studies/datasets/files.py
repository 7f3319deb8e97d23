"""Data of the experiments of a card, read from files as a command line names them."""

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from analysis.histograms import from_counts
from detsim.files import stored_files
from macros.card import Card
from macros.setup import SIMULATED, Data, load_data, load_series, read_auxiliary, read_toy
from macros.studies.datasets.sets import EXPECTED, DataSets
from macros.terminal import ToyChoice, warn

__all__ = ["load_data_sets", "load_or_expect", "toy_data"]

SeriesCheck = Callable[[Sequence[Path]], Sequence[str]]


def load_data_sets(
    card: Card,
    specs: Sequence[str],
    *,
    number: int | None = None,
    unit: str = "MeV",
    auxiliary: Sequence[str] | None = None,
    toy: ToyChoice | None = None,
    check_series: SeriesCheck | None = None,
) -> DataSets:
    """Read the data of a card.

    Parameters
    ----------
    card : Card
    specs : sequence of str
        Of one experiment what `load_data` reads; of several NAME=FILE, each once, in any order.
    number : int, optional
        Which pseudo-experiment of event files that hold several.
    unit : str
        What the energies of histograms in files are in, as for `load_data`.
    auxiliary : sequence of str, optional
        Auxiliary measurements, as `macros.setup.auxiliary.read_auxiliary` reads them.
    toy : ToyChoice, optional
        Which toy of a toy file: one file, of all experiments.
    check_series : callable, optional
        Takes event files of one experiment, and refuses those that are not parts of one run; returns
        sentences that say what they lack. Without it one experiment has one file, and not a series' name.

    Raises
    ------
    ValueError
        If an experiment has no data, or two sets, or data do not belong to it.
    FileError
        If a file is incomplete, foreign or damaged.
    """
    measured = read_auxiliary(auxiliary)
    if toy is not None:
        if measured or number is not None:
            raise ValueError(
                "a toy has its own counts and auxiliary measurements: give --toy without --auxiliary and "
                "--experiment"
            )
        if len(specs) > 1:
            raise ValueError(f"a toy has all experiments: give one toy file, got {', '.join(specs)}")
        return toy_data(card, Path(specs[0]), toy)
    options: _Options = {"number": number, "unit": unit, "check": check_series}
    if len(card.experiments) > 1:
        return replace(_load_several(card, specs, options), auxiliary=measured)
    return DataSets(sets=(_load_one(card, specs, options),), auxiliary=measured)


class _Options(TypedDict):
    """What is said of all data."""

    number: int | None
    unit: str
    check: SeriesCheck | None


def _are_root(specs: Sequence[str]) -> bool:
    return all(spec.endswith(".root") and Path(spec).is_file() for spec in specs)


def _load_one(card: Card, specs: Sequence[str], options: _Options) -> Data:
    """Read the data of one experiment: a file, or the parts of one run as one data set."""
    number, check = options["number"], options["check"]
    files = list(specs)
    if check is not None:
        files = [str(file) for spec in specs for file in stored_files([Path(spec)])]
    if len(files) > 1:
        if check is None or not _are_root(files):
            raise ValueError(_too_many(card, specs))
        if number is not None:
            raise ValueError("--experiment chooses in one file: name the one that holds it, alone")
        notes, data = check(paths := list(map(Path, files))), load_series(card, paths)
    else:
        data = load_data(card, files[0], number=number, unit=options["unit"])
        notes = check([data.file]) if check is not None and data.file is not None else ()
    for text in notes:
        warn(text)
    return data


def load_or_expect(
    card: Card,
    specs: Sequence[str] | None,
    *,
    number: int | None,
    unit: str,
    auxiliary: Sequence[str] | None,
    toy: ToyChoice | None,
    check_series: SeriesCheck | None = None,
) -> Any:
    """Read the data of a card, as `load_data_sets`; `EXPECTED` if there are none.

    Raises
    ------
    ValueError
        If something is chosen of data that are not given, or as `load_data_sets`.
    """
    if specs:
        options: dict[str, Any] = {"auxiliary": auxiliary, "toy": toy, "check_series": check_series}
        return load_data_sets(card, specs, number=number, unit=unit, **options)
    if auxiliary or toy is not None:
        raise ValueError("--auxiliary and --toy go with DATA: exact data have nominal measurements")
    if number is not None:
        raise ValueError("--experiment goes with DATA: it chooses a pseudo-experiment of an event file")
    return EXPECTED


def toy_data(card: Card, path: Path, choice: ToyChoice) -> DataSets:
    """Take one toy of a toy file as data; see `macros.setup.stored_toys.read_toy`."""
    toy, start, sets = read_toy(card, path, choice), 0, []
    for experiment in card.experiments:
        end = start + experiment.detector.n_bins
        h = from_counts(np.maximum(toy.counts[start:end], 0.0), experiment)
        sets.append(Data(histogram=h, experiment=experiment, source=toy.source, kind=SIMULATED))
        start = end
    return DataSets(sets=tuple(sets), toy=toy)


def _load_several(card: Card, specs: Sequence[str], options: _Options) -> DataSets:
    """Read the data of several experiments, which are named."""
    names = [experiment.name for experiment in card.experiments]
    files: dict[str, str] = {}
    for spec in specs:
        name, equals, file = spec.partition("=")
        if not (equals and file) or name not in names:
            raise ValueError(f"DATA {spec!r}: {card.name} has several experiments, write {_usage(names)}")
        if name in files:
            raise ValueError(f"DATA: two files for {name}, {files[name]} and {file}")
        files[name] = file
    missing = [name for name in names if name not in files]
    if missing:
        raise ValueError(
            f"DATA: none for {', '.join(missing)}; write {_usage(names)}, or choose one experiment with --of"
        )
    return DataSets(sets=tuple(_load_one(card.of(name), [files[name]], options) for name in names))


def _too_many(card: Card, specs: Sequence[str]) -> str:
    """Say that one experiment has one DATA, and how the files of one run become one."""
    text = f"{card.name} has one experiment, and takes one DATA; got {', '.join(specs)}"
    if not _are_root(specs):
        return text
    free = next(name for name in _joined_names(Path(specs[0])) if not name.exists())
    files = " ".join(map(shlex.quote, [str(free), *specs]))
    return f"{text}; parts of one run are joined with: nugauge merge {files}"


def _joined_names(first: Path) -> Iterator[Path]:
    """Name a file for all parts: events.root of events-0000.root, or another beside it."""
    stem = re.sub(r"-\d+$", "", first.stem)
    yield first.with_name(f"{stem}.root")
    yield from (first.with_name(f"{stem}-joined{number or ''}.root") for number in count())


def _usage(names: Sequence[str]) -> str:
    return " ".join(f"{name}=FILE" for name in names)
