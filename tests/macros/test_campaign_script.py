"""`nugauge campaign script` and the engines of `run`: texts and refusals that need no batch system."""

import subprocess
import sys

import pytest
from support.chunked import new
from support.invocation import answer, invoke, refusal

pytestmark = pytest.mark.usefixtures("short_trial")

SCRIPT = ("campaign", "script")


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """A campaign that no test changes."""
    directory = tmp_path_factory.mktemp("campaign") / "c"
    new(directory)
    return directory


def test_a_script_for_slurm(tmp_path):
    """Contract. At most as many tasks as asked for, of chunks that are not there; bash accepts it."""
    directory, file = tmp_path / "c", tmp_path / "job.sh"
    new(directory, n=60, size=5)
    answer("campaign", "chunk", directory, 2, 3, 9)
    result = invoke(*SCRIPT, directory, "--slurm", "--tasks", 3, "--option=--time=60", "-o", file)
    assert "8 chunks in 3 tasks" in result.stdout
    assert f"sbatch {file}" in result.stdout
    assert f"nugauge campaign merge {directory} -o FILE" in result.stdout
    text = file.read_text()
    assert text.split("chunks=(\n")[1].split(")")[0].split("\n") == ['  "1 4"', '  "5-7"', '  "8 10-11"', ""]
    for line in ("#SBATCH --array=0-2", "#SBATCH --cpus-per-task=1", "#SBATCH --time=60"):
        assert f"{line}\n" in text
    assert "OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1" in text
    assert "NUMBA_NUM_THREADS=1" in text
    assert subprocess.run(["bash", "-n", file], check=True).returncode == 0
    assert "exists" in refusal(*SCRIPT, directory, "--slurm", "-o", file)
    assert file.read_text() == text


def test_a_task_calls_its_chunks(tmp_path):
    """Contract. The script, run as a task of an array is, makes the chunks of this task."""
    directory = tmp_path / "it's 100 %"
    new(directory, n=30, size=5)
    text = invoke(*SCRIPT, directory, "--slurm", "--tasks", 2).stdout
    assert '#SBATCH --output="' in text
    assert "100 %%/logs/%A_%a.out" in text
    command = next(line for line in text.splitlines() if line.startswith("exec "))
    shown = text.replace(command, command.replace(f"exec {sys.executable} -m nugauge", "printf '%s\\n'"))
    done = subprocess.run(
        ["bash", "-c", shown],
        env={"SLURM_ARRAY_TASK_ID": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["campaign", "chunk", "--threads", "1", "--", str(directory), "3-5"]


@pytest.mark.parametrize("task", [None, "", "x", "2", "-1"])
def test_a_task_without_a_number_makes_nothing(tmp_path, task):
    """An empty number was that of task 0."""
    directory, file = tmp_path / "c", tmp_path / "job.sh"
    new(directory, n=30, size=5)
    invoke(*SCRIPT, directory, "--slurm", "--tasks", 2, "-o", file)
    environment = {} if task is None else {"SLURM_ARRAY_TASK_ID": task}
    done = subprocess.run(["bash", file], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"error: SLURM_ARRAY_TASK_ID is '{task or ''}', and must be 0 to 1: submit" in done.stderr


def test_a_file_for_htcondor(tmp_path):
    directory = tmp_path / "c"
    new(directory, n=60, size=5)
    text = answer(*SCRIPT, directory, "--htcondor", "--threads", 2)["text"]
    assert "request_cpus = 2\n" in text
    assert text.endswith("queue chunks from (\n" + "".join(f"{k}\n" for k in range(1, 12)) + ")\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--slurm or --htcondor"),
        (("--slurm", "--htcondor"), "--slurm or --htcondor"),
        (("--slurm", "--tasks", 0), "--tasks"),
        (("--slurm", "--option", "partition=short"), "write an option of sbatch"),
        (("--slurm", "--option", "--array=1-5"), "--array is set by --tasks N"),
        (("--slurm", "--option", "--time=1\nrm -r x"), "write an option of sbatch"),
        (("--htcondor", "--option", "queue 5"), "write a line of a submit file"),
        (("--htcondor", "--option", "Arguments = x"), "arguments is set by the chunks"),
    ],
)
def test_wrong_options_are_refused(campaign, options, said):
    assert said in refusal(*SCRIPT, campaign, *options)
    assert not (campaign / "logs").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--dask", "tcp://127.0.0.1:9", "--workers", 2), "--dask and --workers do not go together"),
        (("--cluster", "x.toml", "--workers", 2), "--cluster and --workers do not go together"),
        (("--mixed",), "--mixed is of workers by --dask or --cluster"),
        (("--dask", "no-file"), "No such file or directory; write the address of a dask scheduler"),
        (("--dask", __file__), "is no scheduler file of dask"),
    ],
)
def test_wrong_engines_are_refused(campaign, options, said):
    assert said in refusal("campaign", "run", campaign, *options)


@pytest.mark.parametrize("option", ["--dask", "--cluster"])
def test_without_dask_it_says_what_to_install(campaign, monkeypatch, option):
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = refusal("campaign", "run", campaign, option, "tcp://127.0.0.1:9")
    assert "pip install 'nugauge[cluster]'" in said


def test_dask_is_loaded_only_where_it_is_asked_for(campaign):
    code = (
        "import sys\nfrom macros.cli import app\n"
        f"app(['campaign', 'run', {str(campaign)!r}, '--dry-run'], standalone_mode=False)\n"
        "assert not {'dask', 'distributed', 'dask_jobqueue'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True)
