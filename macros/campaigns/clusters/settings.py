"""TOML file that describes the jobs of a batch system: how many, and the options of dask-jobqueue."""

import inspect
import shlex
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from detsim.names import closest
from macros.campaigns.clusters.connections import import_dask

__all__ = ["JobSettings", "read_cluster"]

_SYSTEMS = {
    "slurm": "SLURMCluster",
    "htcondor": "HTCondorCluster",
    "pbs": "PBSCluster",
    "sge": "SGECluster",
    "lsf": "LSFCluster",
    "oar": "OARCluster",
    "moab": "MoabCluster",
}
_OWN = ("system", "jobs", "minimum", "maximum")
_FORMER = {
    "extra": "worker_extra_args",
    "job_extra": "job_extra_directives",
    "env_extra": "job_script_prologue",
    "header_skip": "job_directives_skip",
}
_MEANT = {"partition": "queue", "time": "walltime", "mem": "memory", "cpus": "cores", "workers": "processes"}
"""What batch systems call a key of dask-jobqueue."""
_OURS = {
    *("self", "scheduler", "name", "loop", "asynchronous", "job_cls", "scheduler_cls", "n_workers"),
    *("dashboard_address", "host", "silence_logs", "base_class_kwargs", "kwargs", "job_kwargs"),
}
"""Parameters of the classes of dask-jobqueue that are not for a user of a campaign."""
_NUMBERS = {"cores", "processes", "job_cpu", "ncpus"}
_LISTS = {
    *("job_script_prologue", "worker_extra_args", "job_directives_skip", "submit_command_extra"),
    *("cancel_command_extra", "job_extra_directives"),
}
_MOST_JOBS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """What a file says of the jobs of a batch system.

    Parameters
    ----------
    file : Path
    system : str
        Such as "slurm".
    minimum, maximum : int
        Number of jobs; equal if it is fixed.
    processes : int
        Workers of each job.
    options : mapping
        Of the class of dask-jobqueue.
    """

    file: Path
    system: str
    minimum: int
    maximum: int
    processes: int
    options: Mapping[str, Any]

    @property
    def cluster_class(self) -> Any:
        """Class of dask-jobqueue."""
        import dask_jobqueue

        return getattr(dask_jobqueue, _SYSTEMS[self.system])

    @property
    def script(self) -> str:
        """Text that is submitted for each job."""
        options = {k: v for k, v in self.options.items() if k in _parameters(self.cluster_class.job_cls)}
        job = self.cluster_class.job_cls("tcp://HOST:PORT", name="nugauge-0", **options)
        return str(job.job_script())


def read_cluster(file: Path, *, threads: int) -> JobSettings:
    """Read a file that describes jobs, and check all of it.

    Parameters
    ----------
    file : Path
        TOML with a table ``[cluster]``: ``system``, ``jobs`` or ``minimum`` and ``maximum``, and options of
        the class of dask-jobqueue.
    threads : int
        Of a worker.

    Raises
    ------
    typer.BadParameter
        Naming the key, and what would be right.
    """
    import_dask("--cluster")
    table = _table(file)
    where = f"--cluster {file}: [cluster]"
    system = table.get("system")
    if system not in _SYSTEMS:
        meant = closest(str(system), _SYSTEMS)
        advice = f"did you mean {meant!r}?" if meant else f"it is one of {', '.join(_SYSTEMS)}"
        stated = "says no system" if system is None else f"system = {system!r} is unknown"
        raise typer.BadParameter(f"{where} {stated}; {advice}")
    minimum, maximum = _number_of_jobs(table, where)
    import dask_jobqueue

    options = {key: value for key, value in table.items() if key not in _OWN}
    _check_keys(options, getattr(dask_jobqueue, _SYSTEMS[system]), system, where)
    _check_values(options, system, where)
    _complete(options, system, threads)
    settings = JobSettings(
        file=file,
        system=system,
        minimum=minimum,
        maximum=maximum,
        processes=options["processes"],
        options=options,
    )
    _check_job(settings, where)
    return settings


def _table(file: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"--cluster {file}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"--cluster {file}: is not TOML: {error}") from None
    others = [key for key in document if key != "cluster"]
    if others or not isinstance(document.get("cluster"), dict):
        wrong = f"holds {others[0]!r}" if others else "has no table [cluster]"
        raise typer.BadParameter(
            f'--cluster {file}: {wrong}; all keys stand in the table [cluster], such as system = "slurm"'
        )
    return dict(document["cluster"])


def _number_of_jobs(table: Mapping[str, Any], where: str) -> tuple[int, int]:
    for key in ("jobs", "minimum", "maximum"):
        value = table.get(key, 1)
        least = 0 if key == "minimum" else 1
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MOST_JOBS:
            raise typer.BadParameter(f"{where} {key} must be {least} to {_MOST_JOBS}, got {value!r}")
    if "jobs" in table and not {"minimum", "maximum"} & set(table):
        return table["jobs"], table["jobs"]
    if "jobs" in table or "maximum" not in table:
        raise typer.BadParameter(f"{where} says how many jobs by jobs = N, or by minimum and maximum")
    minimum, maximum = table.get("minimum", 0), table["maximum"]
    if minimum > maximum:
        raise typer.BadParameter(f"{where} minimum = {minimum} is more than maximum = {maximum}")
    return minimum, maximum


def _parameters(job: Any) -> set[str]:
    """List the parameters of a class and of those that it is made of."""
    found = {name for base in job.__mro__ for name in inspect.signature(base.__init__).parameters}
    return found - _OURS - {"args"}


def _check_keys(options: Mapping[str, Any], cluster: Any, system: str, where: str) -> None:
    from dask_jobqueue import JobQueueCluster

    known = _parameters(cluster.job_cls) | (set(inspect.signature(JobQueueCluster).parameters) - _OURS)
    former = _FORMER | ({"project": "account"} if "account" in known else {})
    known -= set(former)
    for key in options:
        if key in known:
            continue
        meant = (
            former.get(key)
            or (_MEANT.get(key) if _MEANT.get(key) in known else None)
            or closest(key, [*_OWN, *known])
        )
        advice = f"did you mean {meant}?" if meant else f"it may have {', '.join(sorted([*_OWN, *known]))}"
        raise typer.BadParameter(f"{where} {key} is no key of {system}; {advice}")


def _check_values(options: Mapping[str, Any], system: str, where: str) -> None:
    for key, value in options.items():
        if key in _NUMBERS:
            good, wanted = type(value) is int and value > 0, "a whole number"
        elif key == "job_extra_directives" and system == "htcondor":
            good, wanted = isinstance(value, dict), 'a table, such as { "+Group" = "\'physics\'" }'
        elif key in _LISTS:
            good = isinstance(value, list) and all(isinstance(one, str) for one in value)
            wanted = 'a list of texts, such as ["--exclusive"]'
        elif key == "scheduler_options":
            good, wanted = isinstance(value, dict), "a table"
        elif key in {"nanny", "security"}:
            good, wanted = isinstance(value, bool), "true or false"
        else:
            good, wanted = isinstance(value, str | int | float), "a text"
        if not good:
            raise typer.BadParameter(f"{where} {key} must be {wanted}, got {value!r}")


def _complete(options: dict[str, Any], system: str, threads: int) -> None:
    """Set what a campaign needs: workers of the threads of a chunk, and no pages of the scheduler.

    What the user's configuration of dask-jobqueue says is kept.
    """
    import dask

    def stated(key: str, default: Any) -> Any:
        section = f"jobqueue.{options.get('config_name', system)}.{key.replace('_', '-')}"
        return options.get(key, dask.config.get(section, None) or default)

    options["processes"] = stated("processes", max(int(stated("cores", 1)) // threads, 1))
    options["worker_extra_args"] = [*stated("worker_extra_args", []), "--nthreads", str(threads)]
    options["scheduler_options"] = {
        "dashboard": False,
        "dashboard_address": ":0",
        **stated("scheduler_options", {}),
    }


def _check_job(settings: JobSettings, where: str) -> None:
    """Let dask-jobqueue write the text of a job; see that the batch system and the interface are there."""
    job = settings.cluster_class.job_cls
    command = shlex.split(job.submit_command)[0]
    if shutil.which(command) is None:
        raise typer.BadParameter(f"{where} {settings.system}: there is no command {command} on this machine")
    try:
        _ = settings.script
        interface = settings.options.get("interface")
        if interface is not None:
            from distributed.utils import get_ip_interface

            get_ip_interface(interface)
    except Exception as error:
        text = " ".join(str(error).split())
        raise typer.BadParameter(f"{where} dask-jobqueue refuses it: {text}") from None
