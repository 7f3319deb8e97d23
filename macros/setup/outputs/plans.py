"""Files that a command reads and writes, compared before anything is opened."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from detsim.files import Former, file_stamp, is_of_series, real_path
from macros.plots import BESIDE
from macros.setup.outputs.files import Split, former_files
from macros.setup.outputs.leftovers import leftovers, leftovers_text
from macros.setup.outputs.recognition import TABLES, Kind, foreign
from macros.terminal import Interrupted, RunError

if TYPE_CHECKING:
    from macros.card import Card
    from macros.setup.outputs.figures import FigurePlan

__all__ = [
    "FilePlan",
    "Output",
    "card_files",
    "check_different",
    "data_files",
    "part_output",
    "picture_outputs",
    "study_plan",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A file that is going to be written, or a series of them.

    Parameters
    ----------
    path : Path
        Of a series the name that its files are derived from.
    kind : str
        As what a file has to be known that it may replace; see `macros.setup.outputs.recognition.foreign`.
    split : Split
        Where a series begins another file.
    command : str, optional
        That makes a series.
    drawn : bool
        Whether it is a run that can be stopped, and go on in a file named after it.
    """

    path: Path
    kind: Kind
    split: Split = Split()  # noqa: RUF009 (it is frozen)
    command: str | None = None
    drawn: bool = False

    def present(self) -> list[Path]:
        """Find what has the names that are going to be written."""
        return former_files(self.path, self.split)

    def takes(self, file: Path) -> Path | None:
        """Find which of its names a file has, unfinished files included; None if it has none."""
        part = self.path.with_name(self.path.name + ".part")
        written = self.present() if self.split else [self.path]
        parts = [part, *(name.with_name(name.name + ".part") for name in written)]
        for name in (*written, *parts):
            if _same(name, file):
                return name
        resolved, target = real_path(file), real_path(self.path)
        if self.split and resolved.parent == target.parent:
            return resolved if is_of_series(resolved.name.removesuffix(".part"), target) else None
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlan:
    """Everything that a command reads and writes.

    Parameters
    ----------
    reads : tuple of Path
        The card, the tables it names, data, and files of options. Names of nothing are ignored.
    writes : tuple of Output
    force : bool
        Whether files that this program wrote as the same kind may be replaced.
    makes_directory : bool
        Whether the command makes the directory of what it writes.
    """

    reads: tuple[Path, ...]
    writes: tuple[Output, ...]
    force: bool = False
    makes_directory: bool = False

    def check(self) -> Former:
        """Refuse a plan that would overwrite what is read, or what may not be replaced.

        Returns
        -------
        mapping of Path to FileStamp
            The files that are going to be replaced, as they are now.

        Raises
        ------
        ValueError
            If an output, or its unfinished file, is an input or another output; if the name of a ROOT file
            does not end in .root.
        FileExistsError
            If there is such a file, and `force` is not given or it is no file of that kind; or files of a
        former run of this name that would stay.
        FileNotFoundError
            If an output has no directory.
        """
        for number, output in enumerate(self.writes):
            for file in self.reads:
                check_different(output, file)
            if output.kind in TABLES and output.path.suffix != ".root":
                raise ValueError(
                    f"{output.path}: a ROOT file is written here, and its name has to end in .root"
                )
            for other in self.writes[:number]:
                clash = output.takes(other.path)
                if clash is not None:
                    raise ValueError(f"{clash} is written by this command already: name another one")
        former = {}
        for output in self.writes:
            directory = real_path(output.path).parent
            if not (self.makes_directory or directory.is_dir()):
                raise FileNotFoundError(f"{output.path}: the directory {directory} does not exist")
            for file in output.present():
                _check_replaceable(file, output, force=self.force)
                stamp = file_stamp(file)
                if stamp is not None:
                    former[real_path(file)] = stamp
            left = leftovers(output.path, output.split, output.kind) if output.drawn else []
            if left:
                raise FileExistsError(17, leftovers_text(left, output.path), str(left[0]))
        return former

    @contextmanager
    def open(self, former: Former | None = None) -> Iterator[Former]:
        """Check the plan, and say of a command that ends early which of its files are whole.

        Parameters
        ----------
        former : mapping of Path to FileStamp, optional
            Of a check that was made before.

        Yields
        ------
        mapping of Path to FileStamp
            See `check`.
        """
        former = self.check() if former is None else former
        try:
            yield former
        except (Interrupted, RunError):
            raise  # they say it themselves
        except (KeyboardInterrupt, OSError, MemoryError) as error:
            written = [
                str(file)
                for output in self.writes
                for file in output.present()
                if file_stamp(file) != former.get(real_path(file))
            ]
            if written and not (isinstance(error, OSError) and error.filename in written):
                error.add_note(f"{', '.join(written)} {'is' if len(written) == 1 else 'are'} whole")
            raise


def check_different(output: Output | Path, file: Path) -> None:
    """Refuse to write over a file that is read.

    Raises
    ------
    ValueError
        If it has the name of an output or of its unfinished file, is a link to it, or the same file.
    """
    clash = (output if isinstance(output, Output) else Output(path=output, kind="events")).takes(file)
    if clash is not None and file.exists():
        same = "" if str(clash) == str(file) else f" ({file})"
        raise ValueError(f"{clash} is the file that is read{same}: write to another one")


def picture_outputs(path: Path | None, suffixes: Iterable[str] = BESIDE) -> tuple[Output, ...]:
    """Plan a picture and the files beside it; nothing without a name."""
    if path is None:
        return ()
    beside = (Output(path=path.with_suffix(suffix), kind="beside") for suffix in suffixes)
    return Output(path=path, kind="picture"), *beside


def part_output(path: Path | None, *, sums: bool = False) -> tuple[Output, ...]:
    """Plan the file of statistics of toys, or of their sums; nothing without a name."""
    return () if path is None else (Output(path=path, kind="sums" if sums else "statistics", drawn=True),)


def study_plan(
    reads: Iterable[Path | None],
    output: Path | None,
    figure: "FigurePlan",
    *,
    force: bool,
    sums: bool = False,
) -> FilePlan:
    """Plan the files of a study: toys, and a picture with its numbers.

    Parameters
    ----------
    reads : iterable of Path
        Files of the card and of options; None are left out.
    output : Path or None
        Toy file.
    figure : FigurePlan
    force : bool
        Whether files that this program wrote as the same kind may be replaced.
    sums : bool
        Whether the file holds sums over toys.
    """
    toys = () if output is None else (Output(path=output, kind="sums" if sums else "toys", drawn=True),)
    writes = (*toys, *figure.outputs())
    return FilePlan(reads=tuple(path for path in reads if path), writes=writes, force=force)


def card_files(name: str, card: "Card") -> tuple[Path, ...]:
    """List the files of a card: its own, if it is no preset, and the tables it names."""
    from detsim.formats import table_path
    from macros.card import presets, used_files

    card_file = () if name in presets() else (Path(name),)
    return *card_file, *(table_path(spec) for spec in used_files(card.document))


def data_files(specs: Iterable[str] | None) -> tuple[Path, ...]:
    """List the files that DATA may mean: FILE, NAME=FILE, FILE.root:histogram, or the name of a series."""
    from detsim.files import split_spec, stored_files

    paths: list[Path] = []
    for spec in specs or ():
        for text in filter(None, (spec, spec.partition("=")[2])):
            paths += [*stored_files([Path(text)]), split_spec(text)[0]]
    return tuple(paths)


def _same(a: Path, b: Path) -> bool:
    """Tell whether two names are one file, or would be."""
    if a.exists() and b.exists():
        return a.samefile(b)
    return real_path(a) == real_path(b)


def _check_replaceable(file: Path, output: Output, *, force: bool) -> None:
    """Refuse a file that is not to be replaced."""
    if output.split and file.is_symlink():
        raise FileExistsError(
            17, "is a symbolic link, and a series replaces files only: remove it", str(file)
        )
    if not file.is_file():
        what = "is a directory" if file.is_dir() else "is a device or a pipe"
        raise FileExistsError(17, f"{what}, a file's name is needed", str(file))
    series = (output.command, output.path.name) if output.split and output.command else None
    reason = foreign(file, output.kind, series=series)
    if reason is not None:
        text = f"exists and {reason}, so that --force does not replace it: remove it, or name another one"
        raise FileExistsError(17, text, str(file))
    if not force:
        raise FileExistsError(17, "exists; --force replaces it", str(file))
