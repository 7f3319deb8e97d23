"""A dask scheduler and its workers, as processes of this machine that tests can kill."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

from support.invocation import ROOT

__all__ = ["DaskMachine", "dask_machine"]


class DaskMachine:
    """A scheduler, found by a file in a directory.

    It gives up a worker that is silent for some seconds; dask's own 300 s are longer than a test may take.
    """

    def __init__(self, directory: Path, *, silent: int = 20) -> None:
        self.directory = directory
        self.silent = silent
        self.file = directory / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._scheduler = self._start(
            "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", self.file
        )
        self._wait(self.file.exists)

    def add(self, *options, **popen):
        """Start a worker of one thread; return its process when it is known to the scheduler."""
        arguments = ("--scheduler-file", self.file, "--nthreads", "1", "--no-nanny")
        local = ("--local-directory", self.directory / "local")
        worker = self._start("dask_worker", *arguments, *local, *options, **popen)
        self.workers.append(worker)
        self._wait(lambda: b"Registered to" in worker.log.read_bytes())
        return worker

    def end(self):
        """Kill all."""
        for process in (*self.workers, self._scheduler):
            process.kill()
            process.wait()

    def _start(self, name, *arguments, **popen):
        silent = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": f"{self.silent}s"}
        environment = {**os.environ, **silent, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", f"distributed.cli.{name}", "--no-dashboard", *map(str, arguments)]
        number = len(list(self.directory.glob("*.log")))
        with (self.directory / f"{number}.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, **popen)
        process.log = Path(log.name)
        return process

    @staticmethod
    def _wait(condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.05)


@contextlib.contextmanager
def dask_machine(directory, workers=2, **options):
    """Run a scheduler and workers."""
    directory.mkdir(parents=True, exist_ok=True)
    machine = DaskMachine(directory, **options)
    try:
        for _ in range(workers):
            machine.add()
        yield machine
    finally:
        machine.end()
