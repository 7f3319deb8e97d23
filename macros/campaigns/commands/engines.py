"""Options of `nugauge campaign run` that say who makes the chunks: a dask scheduler, or a batch system."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.terminal import emit_text, message, say, warn

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from macros.campaigns import Campaign

__all__ = ["ClusterOption", "DaskOption", "Engine", "MixedOption"]

DaskOption = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="ADDRESS|FILE",
        help="Scheduler of dask: tcp://HOST:PORT, or its scheduler file.",
        show_default=False,
    ),
]
ClusterOption = Annotated[
    Path | None,
    typer.Option(
        "--cluster",
        metavar="FILE",
        help="TOML that describes jobs of a batch system, for dask-jobqueue.",
        show_default=False,
    ),
]
MixedOption = Annotated[
    bool, typer.Option("--mixed", help="Take dask workers of other versions than the campaign's.")
]


@dataclass(kw_only=True)
class Engine:
    """Who makes the chunks: processes of this machine if neither `dask` nor `cluster` is given.

    Parameters
    ----------
    dask : str or None
        Address or file of a scheduler.
    cluster : Path or None
        File that describes jobs.
    mixed : bool
        Whether workers of other versions are taken.
    workers : int or None
        Processes of this machine.
    threads : int
        Of a chunk.
    """

    dask: str | None
    cluster: Path | None
    mixed: bool
    workers: int | None
    threads: int
    settings: Any = field(default=None, init=False)

    def __post_init__(self) -> None:
        given = {"--dask": self.dask, "--cluster": self.cluster, "--workers": self.workers}
        names = [name for name, value in given.items() if value is not None]
        if len(names) > 1:
            raise typer.BadParameter(
                f"{' and '.join(names)} do not go together: each says who makes the chunks"
            )
        if self.mixed and self.dask is None and self.cluster is None:
            raise typer.BadParameter("--mixed is of workers by --dask or --cluster")
        if self.dask is not None:
            from macros.campaigns.clusters import find_scheduler

            self.settings = find_scheduler(self.dask)
        elif self.cluster is not None:
            from macros.campaigns.clusters import read_cluster

            self.settings = read_cluster(self.cluster, threads=self.threads)

    @property
    def n_jobs(self) -> int | None:
        """Workers of the jobs of a batch system, at most."""
        return None if self.cluster is None else self.settings.maximum * self.settings.processes

    def say_script(self) -> None:
        """Show what is going to be submitted."""
        if self.cluster is not None:
            say(f"each of {self.settings.maximum} jobs of {self.settings.system}, at most, is this:")
            emit_text(self.settings.script)

    @contextmanager
    def open(
        self, campaign: "Campaign", stopped: Callable[[], bool]
    ) -> Iterator[tuple["Executor | None", Callable[[], bool]]]:
        """Yield an executor, None for processes of this machine; and what tells it to end."""
        if self.settings is None:
            yield None, stopped
            return
        from macros.campaigns.clusters import dask_executor

        executor = dask_executor(
            self.settings,
            campaign,
            threads=self.threads,
            mixed=self.mixed,
            stopped=stopped,
            tell=message,
            warn=warn,
        )
        try:
            yield executor, executor.stopped
        finally:
            executor.shutdown(cancel_futures=True)
