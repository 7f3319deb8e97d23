"""Files of array jobs for Slurm and HTCondor, each task of which makes some chunks of a campaign."""

import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import typer

from macros.campaigns import Campaign
from macros.setup import Trial
from macros.terminal import number_of

__all__ = ["ArrayJobs", "htcondor_text", "slurm_text"]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_SLURM_TASK = (
    "if [[ ! $SLURM_ARRAY_TASK_ID =~ ^(0|[1-9][0-9]*)$ || -z ${chunks[$SLURM_ARRAY_TASK_ID]} ]]; then",
    "  tasks=${#chunks[@]}",
    "  said=\"SLURM_ARRAY_TASK_ID is '$SLURM_ARRAY_TASK_ID', and must be 0 to $((tasks - 1))\"",
    '  echo "error: $said: submit this file with sbatch" >&2',
    "  exit 2",
    "fi",
    "numbers=${chunks[$SLURM_ARRAY_TASK_ID]}",
)
"""Lines that find the chunks of a task. An empty index would be that of task 0."""
_SLURM_OURS = {
    "--array": "--tasks N",
    "-a": "--tasks N",
    "--cpus-per-task": "--threads N",
    "-c": "--threads N",
}
_HTCONDOR_OURS = {
    "executable": "the Python of this command",
    "arguments": "the chunks",
    "environment": "--threads N",
    "request_cpus": "--threads N",
    "queue": "--tasks N",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayJobs:
    """Chunks that are not there, shared among the tasks of an array.

    Parameters
    ----------
    campaign : Campaign
    tasks : tuple of tuple of int
        Chunks of each task.
    threads : int
        Of each task.
    options : tuple of str
        For the batch system, as it writes them.
    """

    campaign: Campaign
    tasks: tuple[tuple[int, ...], ...]
    threads: int = 1
    options: tuple[str, ...] = ()

    @classmethod
    def of_campaign(
        cls, campaign: Campaign, *, most: int, threads: int = 1, options: Sequence[str] = ()
    ) -> "ArrayJobs":
        """Divide the missing chunks evenly among tasks, of which there are at most `most`."""
        present = campaign.finished()
        left = [k for k in range(campaign.n_chunks) if k not in present]
        n = min(most, len(left))
        ends = [len(left) * i // n for i in range(n + 1)] if n else []
        tasks = tuple(tuple(left[a:b]) for a, b in pairwise(ends))
        return cls(campaign=campaign, tasks=tasks, threads=threads, options=tuple(options))

    @property
    def n_chunks(self) -> int:
        """Chunks of all tasks."""
        return sum(map(len, self.tasks))

    @property
    def seconds(self) -> float:
        """How long the longest task takes, about, as the trial tells [s]."""
        trial = Trial(**self.campaign.trial)
        times = (sum(trial.time(self.campaign.chunk(k).n) for k in numbers) for numbers in self.tasks)
        return max(times, default=0.0)

    @property
    def chosen(self) -> list[str]:
        """Chunks of each task, as arguments of `campaign chunk`."""
        return [" ".join(_ranges(numbers)) for numbers in self.tasks]

    @property
    def logs(self) -> str:
        """Directory of what the tasks write."""
        return str(self.campaign.directory / "logs")

    @property
    def command(self) -> list[str]:
        """What a task calls, but for its chunks."""
        directory = str(self.campaign.directory)
        if re.search(r"[\0-\37\177]", directory + sys.executable):
            raise ValueError(f"{directory}: the name has a control character, and cannot stand in a job file")
        options = ["--threads", str(self.threads)]
        return [sys.executable, "-m", "nugauge", "campaign", "chunk", *options, "--", directory]

    @property
    def title(self) -> str:
        """First lines of the file."""
        return (
            f"# {number_of(self.n_chunks, 'chunk')} of the campaign {self.campaign.id} "
            f"in {number_of(len(self.tasks), 'task')}: written by `nugauge campaign script`"
        )


def _ranges(numbers: Sequence[int]) -> list[str]:
    """Write numbers as ranges.

    Examples
    --------
    >>> _ranges([1, 2, 3, 7])
    ['1-3', '7']
    """
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [str(a) if a == b else f"{a}-{b}" for a, b in found]


def _check_options(options: Sequence[str], pattern: str, ours: dict[str, str], wanted: str) -> None:
    for option in options:
        match = None if re.search(r"[\0-\37\177]", option) else re.match(pattern, option)
        if match is None:
            raise typer.BadParameter(f"--option {option!r}: {wanted}")
        name = match[1].lower() if ours is _HTCONDOR_OURS else match[1]
        if name in ours:
            raise typer.BadParameter(f"--option {option!r}: {name} is set by {ours[name]}")


def slurm_text(jobs: ArrayJobs) -> str:
    """Write a script for `sbatch`.

    Raises
    ------
    typer.BadParameter
        If an option is none of sbatch, or is set by the script.
    """
    wanted = "write an option of sbatch, such as --option=--partition=short"
    _check_options(jobs.options, r"(--[a-z][a-z-]*|-[A-Za-z])(?=$|[=\s\w/.])", _SLURM_OURS, wanted)
    log = jobs.logs.replace("%", "%%") + "/%A_%a.out"
    threads = " ".join(f"{name}={jobs.threads}" for name in _THREADS)
    lines = [
        "#!/bin/bash",
        jobs.title,
        f"#SBATCH --job-name=nugauge-{jobs.campaign.id}",
        f"#SBATCH --array=0-{len(jobs.tasks) - 1}",
        f"#SBATCH --cpus-per-task={jobs.threads}",
        f"#SBATCH --output={_sbatch_quoted(log)}",
        *(f"#SBATCH {option}" for option in jobs.options),
        "",
        f"export {threads}",
        "chunks=(",
        *(f'  "{numbers}"' for numbers in jobs.chosen),
        ")",
        *_SLURM_TASK,
        f"exec {shlex.join(jobs.command)} $numbers",
        "",
    ]
    return "\n".join(lines)


def _sbatch_quoted(text: str) -> str:
    """Quote a value for a line of sbatch, which knows double quotes and backslashes."""
    if re.fullmatch(r"[\w@%+=:,./-]+", text, re.ASCII):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def htcondor_text(jobs: ArrayJobs) -> str:
    """Write a file for `condor_submit`.

    Raises
    ------
    typer.BadParameter
        If an option is none of a submit file, or is set by it.
    """
    wanted = "write a line of a submit file, such as --option='request_disk = 1 GB'"
    _check_options(jobs.options, r"\s*(\+?[A-Za-z_][\w.]*)\s*=", _HTCONDOR_OURS, wanted)
    python, *arguments = jobs.command
    logs = _plain(jobs.logs)
    environment = " ".join(f"{name}={jobs.threads}" for name in _THREADS)
    lines = [
        jobs.title,
        "universe = vanilla",
        f"batch_name = nugauge-{jobs.campaign.id}",
        f"executable = {_plain(python)}",
        "transfer_executable = false",
        "should_transfer_files = NO",
        f'arguments = "{" ".join(map(_condor_quoted, arguments))} $(chunks)"',
        f'environment = "{environment}"',
        f"request_cpus = {jobs.threads}",
        "request_memory = 1 GB",
        f"output = {logs}/$(Cluster)_$(Process).out",
        f"error = {logs}/$(Cluster)_$(Process).err",
        f"log = {logs}/$(Cluster).log",
        *jobs.options,
        "queue chunks from (",
        *jobs.chosen,
        ")",
        "",
    ]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Write a dollar sign so that HTCondor expands nothing."""
    return text.replace("$", "$(DOLLAR)")


def _condor_quoted(text: str) -> str:
    """Quote an argument as HTCondor reads arguments in double quotes."""
    doubled = _plain(text).replace("'", "''").replace('"', '""')
    return f"'{doubled}'" if re.search(r"[\s']", text) else doubled
