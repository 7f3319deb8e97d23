"""Workers of a dask scheduler, compared with the campaign: versions, processor, threads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from macros.campaigns import Campaign
from macros.terminal import RunError, number_of

__all__ = ["Versions", "WorkerTerms", "called", "check_workers", "executing", "versions_of"]

Versions = Mapping[str, str | None]
"""Of Python and of the packages on which bits depend."""
_SHOWN = 3
T = TypeVar("T")


def versions_of(origin: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the versions in the description of an environment, and the commit of a checkout."""
    commit = {"commit": origin["git"]["commit"]} if origin.get("git") else {}
    return {"python": origin["python"], **origin["versions"], **commit}


@dataclass(kw_only=True)
class WorkerTerms:
    """What workers are asked to make, and under which conditions they are taken.

    Parameters
    ----------
    campaign : Campaign
    threads : int
        Of a chunk.
    mixed : bool
        Whether workers of other versions are taken.
    tell, warn : callable
        Called with what a user has to know.
    """

    campaign: Campaign
    threads: int
    mixed: bool
    tell: Callable[[str], None]
    warn: Callable[[str], None]

    def check(self, client: Any) -> None:
        """Compare all workers of a client that are there with what made the campaign; see `check_workers`."""
        check_workers(client, self.campaign, threads=self.threads, mixed=self.mixed, warn=self.warn)


@cache
def _here() -> dict[str, Any]:
    """Describe the process in which this is called."""
    from detsim.event_files import origin

    return origin()


def _describe() -> dict[str, Any]:
    return _here()


def executing(dask_worker: Any) -> list[str]:
    """Return the keys of the tasks at which a worker is."""
    return [str(task.key) for task in dask_worker.state.executing]


def called(
    expected: Versions | None, function: Callable[..., T], job: Any, bundle: Any = None
) -> tuple[str, T | RunError]:
    """Call a function in a worker that has the versions of the campaign.

    Parameters
    ----------
    expected : mapping, optional
        Versions; None if any will do.
    function : callable
    job : Job
    bundle : mapping of str to bytes, optional
        Inputs, which travel apart from the jobs.

    Returns
    -------
    address : str
        Of the worker.
    result
        Of the function; a `RunError` if the versions differ.
    """
    from dataclasses import replace

    from distributed import get_worker

    address = str(get_worker().address)
    different = "" if expected is None else _differences(expected, versions_of(_here()))
    if different:
        return address, RunError(f"the worker {address} has other versions: {different}")
    return address, function(job if bundle is None else replace(job, bundle=bundle))


def _differences(expected: Versions, found: Versions) -> str:
    return ", ".join(
        f"{name} {found.get(name) or 'missing'} instead of {version or 'none'}"
        for name, version in expected.items()
        if found.get(name) != version
    )


def check_workers(
    client: Any, campaign: Campaign, *, threads: int, mixed: bool, warn: Callable[[str], None]
) -> None:
    """Compare all workers that are there with what made the campaign.

    Parameters
    ----------
    client : distributed.Client
    campaign : Campaign
    threads : int
        Of a chunk.
    mixed : bool
        Whether other versions are only warned of.
    warn : callable
        Called with what is no reason to refuse the workers.

    Raises
    ------
    ValueError
        If a worker lacks nugauge, or has other versions of what bits depend on.
    """
    try:
        found = client.run(_describe, on_error="return")
    except Exception as failure:  # an answer that cannot be read
        raise ValueError(
            f"workers do not say their versions ({type(failure).__name__}: {failure}): install nugauge, and "
            "dask, of the version of this machine for their Python"
        ) from None
    absent = {address: error for address, error in found.items() if not isinstance(error, Mapping)}
    if absent:
        address, error = next(iter(absent.items()))
        raise ValueError(
            f"{number_of(len(absent), 'worker')} of {len(found)} cannot call nugauge, {address}: "
            f"{type(error).__name__}: {error}; install the version of this machine for their Python"
        )
    expected = versions_of(campaign.made_by)
    other = {a: _differences(expected, versions_of(made)) for a, made in found.items()}
    other = {address: text for address, text in other.items() if text}
    if other:
        told = (
            f"{number_of(len(other), 'worker')} of {len(found)} have other versions than the campaign: "
            + "; ".join(f"{address}: {text}" for address, text in list(other.items())[:_SHOWN])
        )
        if not mixed:
            raise ValueError(f"{told}; their last bits may differ: --mixed takes them nevertheless")
        warn(told)
    features = campaign.made_by["cpu"]
    unlike = [address for address, made in found.items() if made["cpu"] != features]
    if unlike:
        warn(
            f"{number_of(len(unlike), 'worker')} of {len(found)} have another processor than that of the "
            f"campaign ({features['name']}), {unlike[0]} for one: the last bits of their chunks may differ, "
            "and `campaign merge` will ask for --mixed"
        )
    slots = client.nthreads()
    wide = [address for address, n in slots.items() if n > threads]
    if wide:
        warn(
            f"worker {wide[0]} has {slots[wide[0]]} threads, and makes one chunk at a time with "
            f"{number_of(threads, 'thread')}: start workers with --nworkers N --nthreads {threads}"
        )
