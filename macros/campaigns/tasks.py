"""Tasks of a campaign: commands that can make a part of their rows as a file."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import typer
import typer.main

from macros.commands import calibrate, coverage, fit, simulate, toys
from macros.terminal import OnceCommand

__all__ = ["Request", "Task", "find_task", "read_request", "task_names", "tasks"]

InputKind = Literal["card", "file", "data", "auxiliary"]
"""How the value of a parameter names a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A command that a campaign cuts into chunks.

    Parameters
    ----------
    name : str
        In `nugauge campaign new DIR NAME`.
    function : callable
        The command.
    counts : tuple of str
        Parameters that say how many rows there are, one of which is given.
    inputs : mapping of str to str
        Parameters that name input files, and how.
    of_chunks : tuple of str
        Options that every chunk gets: what is judged of a whole study is not judged of a chunk.
    judged : tuple of str
        Parameters for the judgement of the whole study.
    unsuitable : tuple of str
        Parameters that a campaign has no use for.
    """

    name: str
    function: Callable[..., None]
    counts: tuple[str, ...]
    inputs: Mapping[str, InputKind]
    of_chunks: tuple[str, ...] = ()
    judged: tuple[str, ...] = ()
    unsuitable: tuple[str, ...] = ()

    @property
    def can_be_cut(self) -> bool:
        """Whether the command makes a part of its rows as a file."""
        return {"first", "output", "seed"} <= set(inspect.signature(self.function).parameters)

    @property
    def has_audit(self) -> bool:
        """Whether the command fits toys of its study again, which its chunks share."""
        return "audit_of" in inspect.signature(self.function).parameters

    def parser(self) -> Any:
        """Return the command as Typer reads its command line."""
        return _parser(self.name)


_SET_BY_CAMPAIGN = ("output", "first", "force", "as_json", "threads", "audit_of")
_SHOWN = ("figure", "impacts", "profile", "profile_at", "report", "style")
"""Parameters for what a command shows of its whole study, of which a chunk makes a part."""
_STATISTICS: Mapping[str, InputKind] = {"card": "card", "data": "data", "auxiliary": "auxiliary"}
_TASKS = (
    Task(
        name="simulate",
        function=simulate.simulate,
        counts=("events", "experiments"),
        inputs={"card": "card"},
        unsuitable=("events_per_file", "file_size"),
    ),
    Task(
        name="toys",
        function=toys.toys,
        counts=("n",),
        inputs={"card": "card", "weights": "data"},
        of_chunks=("--max-failed", "1"),
        judged=("max_failed",),
        unsuitable=("data",),
    ),
    Task(
        name="coverage",
        function=coverage.coverage,
        counts=("n",),
        inputs={"card": "card", "table": "file", "weights": "data"},
        of_chunks=("--max-failed", "1"),
        judged=("max_failed",),
    ),
    Task(
        name="calibrate",
        function=calibrate.calibrate,
        counts=("n",),
        inputs=_STATISTICS,
        of_chunks=("--part",),
    ),
    Task(
        name="gof",
        function=fit.fit,
        counts=("gof",),
        inputs=_STATISTICS,
        unsuitable=("details",),
    ),
)


def tasks() -> dict[str, Task]:
    """Return the tasks by their names."""
    return {task.name: task for task in _TASKS if task.can_be_cut}


def task_names() -> tuple[str, ...]:
    """Name the tasks."""
    return tuple(tasks())


def find_task(name: str) -> Task:
    """Return the task of a name.

    Raises
    ------
    typer.BadParameter
        If there is none.
    """
    known = tasks()
    if name not in known:
        raise typer.BadParameter(f"TASK {name!r}: a campaign makes {', '.join(known)}")
    return known[name]


@cache
def _parser(name: str) -> Any:
    app = typer.Typer(add_completion=False)
    app.command(name, cls=OnceCommand)(find_task(name).function)
    return typer.main.get_command(app)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a user asks a campaign to make.

    Parameters
    ----------
    task : Task
    values : mapping
        Values of parameters as they were typed: a text, a list of texts, or True for a flag.
    counted : str
        Parameter that says how many rows there are.
    n : int
        How many.
    seed : int or None
    judged : mapping
        Values for the judgement of the whole study.
    """

    task: Task
    values: Mapping[str, Any]
    counted: str
    n: int
    seed: int | None
    judged: Mapping[str, Any]

    def with_values(self, values: Mapping[str, Any]) -> "Request":
        """Return the same with other values of parameters."""
        return replace(self, values={**self.values, **values})

    @property
    def n_audited(self) -> int:
        """Toys of the whole campaign that are fitted again, chosen at random."""
        if not self.task.has_audit or self.values.get("no_fit"):
            return 0
        default = next(p.default for p in self.task.parser().params if p.name == "audit")
        stated = self.values.get("audit", default)
        return min(int(stated[-1] if isinstance(stated, list) else stated), self.n)

    @property
    def count_option(self) -> str:
        """Option that says how many rows there are."""
        return next(_option(p) for p in self.task.parser().params if p.name == self.counted)

    @property
    def options(self) -> list[str]:
        """Options that all chunks have in common."""
        left_out = {self.counted, "seed", *self.task.judged}
        found = [*self.task.of_chunks, *([f"--audit-of={self.n}"] if self.task.has_audit else [])]
        for parameter in self.task.parser().params:
            if parameter.param_type_name == "option" and parameter.name not in left_out:
                found += _written(parameter, self.values.get(parameter.name))
        return found

    @property
    def arguments(self) -> list[str]:
        """Arguments, in their order."""
        found: list[str] = []
        for parameter in self.task.parser().params:
            value = self.values.get(parameter.name)
            if parameter.param_type_name == "argument" and value is not None:
                found += [value] if isinstance(value, str) else list(value)
        return found


def _option(parameter: Any) -> str:
    return next((o for o in parameter.opts if o.startswith("--")), str(parameter.opts[0]))


def _written(parameter: Any, value: Any) -> Iterator[str]:
    """Write an option as on a command line."""
    option = _option(parameter)
    for one in value if isinstance(value, list | tuple) else [value]:
        if one is True:
            yield option
        elif isinstance(one, str) and option.startswith("--"):
            yield f"{option}={one}"
        elif isinstance(one, str):
            yield from (option, one)


def read_request(task: Task, typed: Sequence[str]) -> Request:
    """Read the arguments and options of a task, and check their values.

    Parameters
    ----------
    task : Task
    typed : sequence of str
        `-n` is taken as the number of rows of any task.

    Raises
    ------
    typer.BadParameter
        If an option is unknown, has a wrong value, or is none that a user of a campaign sets.
    """
    parser = task.parser()
    line = _with_count(typed, task, parser)
    try:
        values, _, _ = parser.make_parser(typer.Context(parser)).parse_args(args=list(line))
        _refuse_unsuitable(task, parser, values)
        parsed = parser.make_context(task.name, ["--output=chunk.root", *line]).params
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as error:
        said = getattr(error, "format_message", None)
        if said is None:
            raise
        raise typer.BadParameter(f"{task.name}: {said()}") from None
    given = [name for name in task.counts if values.get(name) is not None]
    if len(given) != 1 or not parsed[given[0]]:
        counts = " or ".join(_option(p) for p in parser.params if p.name in task.counts)
        raise typer.BadParameter(f"{task.name}: say how many rows the campaign has, with {counts} N")
    return Request(
        task=task,
        values={name: value for name, value in values.items() if value is not None},
        counted=given[0],
        n=int(parsed[given[0]]),
        seed=parsed["seed"],
        judged={name: parsed[name] for name in task.judged},
    )


def _with_count(typed: Sequence[str], task: Task, parser: Any) -> list[str]:
    """Read `-n` as the option that counts the rows of a task."""
    if any("-n" in p.opts for p in parser.params):
        return list(typed)
    option = next(_option(p) for p in parser.params if p.name == task.counts[0])
    line: list[str] = []
    for text in typed:
        short = re.fullmatch(r"-n(\d.*)?", text)
        line.append(text if short is None else f"{option}={short[1]}" if short[1] else option)
    return line


def _refuse_unsuitable(task: Task, parser: Any, values: Mapping[str, Any]) -> None:
    for parameter in parser.params:
        if values.get(parameter.name) is None or parameter.param_type_name != "option":
            continue
        if parameter.name in _SET_BY_CAMPAIGN:
            raise typer.BadParameter(
                f"{task.name} {_option(parameter)}: the campaign sets it for every chunk; leave it out"
            )
        if parameter.name in (*task.unsuitable, *_SHOWN):
            raise typer.BadParameter(f"{task.name} {_option(parameter)}: does not go with a campaign")
