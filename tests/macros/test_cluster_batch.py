"""Campaigns by batch systems: array jobs of Slurm and HTCondor, and jobs by dask-jobqueue."""

import os
import subprocess
import time

import pytest
from support.chunked import chunk_files, merged, new, plain
from support.invocation import answer, invoke, refusal
from support.one_machine_slurm import missing, one_machine_slurm

pytestmark = pytest.mark.cluster

SETTINGS = """
[cluster]
system = "slurm"
jobs = 2
cores = 1
memory = "2 GB"
walltime = "00:10:00"
queue = "short"
interface = "lo"
"""


@pytest.fixture(scope="module")
def slurm():
    if missing():
        pytest.skip(missing())
    with pytest.MonkeyPatch.context() as patch, one_machine_slurm() as configuration:
        patch.setenv("SLURM_CONF", str(configuration))
        yield configuration


def run(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_array_of_slurm(tmp_path, slurm):
    """Contract. Each task makes its chunks; a second array has what is left only."""
    directory = tmp_path / "a directory"
    new(directory, n=60, size=10)
    answer("campaign", "chunk", directory, 3)
    options = ("--slurm", "--tasks", 2, "--option=--partition=short", "--option=-t 5")
    said = answer("campaign", "script", directory, *options, "-o", tmp_path / "job.sh")
    assert (said["chunks"], said["tasks"]) == (4, 2)
    run("sbatch", "--wait", tmp_path / "job.sh")
    assert answer("campaign", "status", directory)["complete"]
    assert len(list((directory / "logs").iterdir())) == 2
    assert merged(directory) == plain(tmp_path)
    assert "all chunks are there" in refusal("campaign", "script", directory, "--slurm")


def test_a_task_that_is_cancelled(tmp_path, slurm):
    """Contract. What a cancelled array has not made, `run` makes; most of its tasks have not begun."""
    directory = tmp_path / "c"
    new(directory, n=200_000, size=10_000)
    answer("campaign", "script", directory, "--slurm", "--tasks", 19, "-o", tmp_path / "job.sh")
    number = run("sbatch", "--parsable", tmp_path / "job.sh").strip()
    before = len(chunk_files(directory))
    while len(chunk_files(directory)) == before:
        assert run("squeue", "-h", "-j", number)
        time.sleep(0.1)
    run("scancel", "--full", number)
    while run("squeue", "-h"):
        time.sleep(0.1)
    assert 1 < len(chunk_files(directory)) < 20
    assert answer("campaign", "run", directory, "--workers", 2)["complete"]
    assert merged(directory) == plain(tmp_path, n=200_000)


@pytest.mark.parametrize("jobs", ["jobs = 2", "minimum = 0\nmaximum = 2"])
def test_jobs_by_jobqueue(tmp_path, slurm, jobs):
    """Contract. Jobs are submitted, make the chunks, and are ended."""
    pytest.importorskip("dask_jobqueue", reason="needs nugauge[cluster]")
    file, directory = tmp_path / "cluster.toml", tmp_path / "c"
    file.write_text(SETTINGS.replace("jobs = 2", jobs) + f'log_directory = "{tmp_path}"\n')
    new(directory, n=60, size=10)
    shown = invoke("campaign", "run", directory, "--cluster", file, "--dry-run").stdout
    assert "#SBATCH -p short\n" in shown
    assert answer("campaign", "run", directory, "--cluster", file)["complete"]
    assert not run("squeue", "-h", "-t", "pending,running")
    assert merged(directory) == plain(tmp_path)


def test_what_slurm_refuses_is_said(tmp_path, slurm):
    pytest.importorskip("dask_jobqueue", reason="needs nugauge[cluster]")
    file, directory = tmp_path / "cluster.toml", tmp_path / "c"
    file.write_text(SETTINGS.replace("short", "long"))
    new(directory)
    said = refusal("campaign", "run", directory, "--cluster", file, status=1)
    assert "slurm takes no job" in said
    assert "invalid partition specified: long" in said
    assert len(chunk_files(directory)) == 1


@pytest.mark.parametrize(
    ("old", "wrong", "said"),
    [
        ('"slurm"', '"slurn"', "did you mean 'slurm'?"),
        ("cores =", "core =", "core is no key of slurm; did you mean cores?"),
        ("queue =", "partition =", "did you mean queue?"),
        ("queue =", "project =", "did you mean account?"),
        ("queue =", "env_extra =", "did you mean job_script_prologue?"),
        ("cores = 1", 'cores = "1"', "cores must be a whole number, got '1'"),
        ("walltime =", "job_extra_directives =", "must be a list of texts"),
        ("jobs = 2", "jobs = 0", "jobs must be 1 to 10000, got 0"),
        ("jobs = 2", "minimum = 2", "by jobs = N, or by minimum and maximum"),
        ("jobs = 2", "minimum = 2\nmaximum = 1", "minimum = 2 is more than maximum = 1"),
        ('"2 GB"', '"2 XB"', "dask-jobqueue refuses it"),
        ('"lo"', '"eth99"', "'eth99' is not a valid network interface"),
        ("[cluster]", "[clusters]", "holds 'clusters'"),
        ("[cluster]", "[cluster", "is not TOML"),
        ('"slurm"', '"moab"', "there is no command msub on this machine"),
        ('"slurm"', '"htcondor"', "is no key of htcondor"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_submitted(tmp_path, monkeypatch, old, wrong, said):
    pytest.importorskip("dask_jobqueue", reason="needs nugauge[cluster]")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    for name in ("sbatch", "condor_submit"):
        (tmp_path / name).write_text("#!/bin/sh\ntouch submitted\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.chdir(tmp_path)
    new(tmp_path / "c")
    file = tmp_path / "cluster.toml"
    file.write_text(SETTINGS.replace(old, wrong))
    assert said in refusal("campaign", "run", tmp_path / "c", "--cluster", file)
    assert not (tmp_path / "submitted").exists()


@pytest.mark.parametrize("name", ["c", "a b'c$(x)"])
def test_htcondor_reads_the_submit_file(tmp_path, name):
    """Contract. HTCondor's own parser finds the command of each job: there is no pool here."""
    htcondor2 = pytest.importorskip("htcondor2", reason="needs PyPI's htcondor")
    directory = tmp_path / name
    new(directory, n=60, size=5)
    answer("campaign", "chunk", directory, 4)
    options = ("--option", "request_disk = 2 GB", "--option", '+Group = "physics"')
    text = answer("campaign", "script", directory, "--htcondor", "--tasks", 3, *options)["text"]
    submit = htcondor2.Submit(text)
    assert [one["chunks"] for one in submit.itemdata()] == ["1-3", "5-7", "8-11"]
    quoted = str(directory).replace("'", "''")
    quoted = f"'{quoted}'" if " " in quoted else quoted
    assert submit.expand("arguments") == f'"-m nugauge campaign chunk --threads 1 -- {quoted} "'
    assert submit.expand("output") == f"{directory}/logs/1_0.out"
    assert submit["request_disk"] == "2 GB"
    assert submit["MY.Group"] == '"physics"'
    assert "NUMBA_NUM_THREADS=1" in submit["environment"]
