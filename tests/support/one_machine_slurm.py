"""Slurm on this machine alone, in a temporary directory: `python -m support.one_machine_slurm` until Ctrl-C.

It needs slurmctld, slurmd, slurm-client and munge of Debian, and root; neither systemd nor cgroups.
Nothing of it is left.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["missing", "one_machine_slurm"]

_PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
_CONFIGURATION = """\
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={directory}/munge.socket
CredType=cred/munge
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
SlurmctldLogFile={directory}/slurmctld.log
SlurmdLogFile={directory}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
ReturnToService=2
KillWait=5
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=16000 State=UNKNOWN
PartitionName=short Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Say why there can be no Slurm; nothing if there can."""
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    absent = [name for name in _PROGRAMS if shutil.which(name, path=places) is None]
    if absent:
        return f"no Slurm: there is no {', '.join(absent)} on the PATH"
    return "" if os.geteuid() == 0 else "Slurm on one machine needs root"


@contextlib.contextmanager
def one_machine_slurm(cpus: int = 2) -> Iterator[Path]:
    """Run Slurm; yield its configuration, which SLURM_CONF has to name.

    Parameters
    ----------
    cpus : int
        Jobs of one processor that run side by side.
    """
    directory = Path(tempfile.mkdtemp(prefix="nugauge-slurm-"))
    directory.chmod(0o755)  # munge wants a socket that all can reach
    configuration = directory / "slurm.conf"
    environment = {**os.environ, "SLURM_CONF": str(configuration)}
    environment["PATH"] = os.pathsep.join([environment.get("PATH", ""), "/usr/sbin", "/sbin"])
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        _write(directory, configuration, cpus)
        for command in _daemons(directory):
            log = stack.enter_context((directory / f"{command[0]}.out").open("wb"))
            daemon = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=directory)
            stack.callback(_end, daemon)
            if command[0] == "munged":
                _wait((directory / "munge.socket").exists, directory)
        stack.callback(_cancel_all, environment)
        _wait(lambda: _said(["sinfo", "-h", "-o", "%T"], environment) == "idle", directory)
        yield configuration


def _write(directory: Path, configuration: Path, cpus: int) -> None:
    for name in ("state", "spool"):
        (directory / name).mkdir()
    key = directory / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o600)
    ports = _free_ports(2)
    configuration.write_text(
        _CONFIGURATION.format(
            host=socket.gethostname(),
            directory=directory,
            controller_port=ports[0],
            node_port=ports[1],
            cpus=cpus,
        )
    )


def _daemons(directory: Path) -> list[list[str]]:
    munge = {"socket": "socket", "key-file": "key", "pid-file": "pid", "seed-file": "seed", "log-file": "log"}
    return [
        ["munged", "--foreground", *(f"--{o}={directory}/munge.{end}" for o, end in munge.items())],
        ["slurmctld", "-D", "-c"],
        ["slurmd", "-D"],
    ]


def _free_ports(n: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _wait(condition, directory: Path, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            logs = "\n".join(p.read_text(errors="replace") for p in sorted(directory.glob("*.[lo][ou][gt]")))
            raise TimeoutError(f"Slurm does not start:\n{logs}")
        time.sleep(0.1)


def _said(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout.strip()


def _cancel_all(environment: dict[str, str]) -> None:
    """End all jobs, and wait until their processes have ended."""
    _said(["scancel", "--user=root"], environment)
    end = time.monotonic() + 20
    while _said(["squeue", "-h"], environment) and time.monotonic() < end:
        time.sleep(0.2)


def _end(daemon: subprocess.Popen) -> None:
    daemon.terminate()
    try:
        daemon.wait(10)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


if __name__ == "__main__":
    reason = missing()
    if reason:
        sys.exit(reason)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), one_machine_slurm() as file:
        print(f"export SLURM_CONF={file}", flush=True)
        signal.pause()
