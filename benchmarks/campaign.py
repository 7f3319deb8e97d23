"""A campaign on worker processes beside plain processes: efficiency, cost of a chunk, merging, memory."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.measure import ROOT, Spread, environment
from macros.campaigns import read_campaign, read_state

CARD = "borexino-cr51-realistic"
_CODE = "import sys; from macros.cli import main; sys.argv[0] = 'nugauge'; main()"
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def start(arguments: Sequence[str], core: int | None = None) -> subprocess.Popen[bytes]:
    """Start a command, on one core only if one is given."""
    pinned = [] if core is None else ["taskset", "--cpu-list", str(core)]
    return subprocess.Popen(
        [*pinned, sys.executable, "-c", _CODE, *arguments],
        env={**os.environ, **_ONE_THREAD, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def run(arguments: Sequence[str], *more: Sequence[str], core: int | None = None) -> tuple[float, float]:
    """Run commands side by side: seconds until the last has ended, and most memory of one [MB]."""
    begin, commands = time.perf_counter(), (arguments, *more)
    processes = [start(one, core) for one in commands]
    used = []
    for process, command in zip(processes, commands, strict=True):
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"nugauge {' '.join(command)} failed")
        used.append(usage.ru_maxrss / 1024)
    return time.perf_counter() - begin, max(used)


def plain(folder: Path, name: str, n: int, first: int = 0) -> list[str]:
    """Arguments of plain toys by one thread."""
    file = folder / f"plain-{name}.root"
    numbers = ["-n", str(n), "--first", str(first)]
    return [
        "toys",
        CARD,
        *numbers,
        "--seed",
        "1",
        "--audit",
        "0",
        "--threads",
        "1",
        "--force",
        "-o",
        str(file),
    ]


def chunked(folder: Path, n: int, size: int) -> Path:
    """Make a campaign of the same toys in chunks."""
    directory = folder / f"campaign-{n}-{size}-{time.perf_counter_ns()}"
    options = ["-n", str(n), "--seed", "1", "--audit", "0", "--chunk-size", str(size)]
    run(["campaign", "new", str(directory), "toys", CARD, *options])
    return directory


def efficiency(folder: Path, seconds: float, chunk_seconds: float, workers: int) -> dict[str, float]:
    """Compare rates without start-up: one plain process, several side by side, and a campaign.

    A process with one thread that computes has another that compresses and writes: alone it uses 1.3 cores,
    which several beside one another do not have. It is therefore measured on one core, too.
    The campaign has the same number of chunks for every worker: of few chunks one more for one of them would
    be measured, not the campaign.
    """
    small, probe = 2000, 2_000_000
    run(plain(folder, "warm", small))
    base = run(plain(folder, "start", small))[0]
    rate = probe / (run(plain(folder, "probe", probe))[0] - base)
    size = int(rate * chunk_seconds)
    n = size * max(round(seconds / chunk_seconds), 1)
    alone = n / (run(plain(folder, "alone", n))[0] - base)
    base_on_core = run(plain(folder, "start", small), core=0)[0]
    on_one_core = n / (run(plain(folder, "core", n), core=0)[0] - base_on_core)
    several = [plain(folder, str(k), n, first=k * n) for k in range(workers)]
    together = workers * n / (run(*several)[0] - base)
    directory = chunked(folder, workers * n, size)
    idle = chunked(folder, 2 * workers, 1)
    empty = run(["campaign", "run", str(idle), "--workers", str(workers)])[0]
    left = workers * n - read_state(read_campaign(directory)).rows
    campaign = left / (run(["campaign", "run", str(directory), "--workers", str(workers)])[0] - empty)
    return {"alone": alone, "on_one_core": on_one_core, "together": together, "campaign": campaign}


def overhead(folder: Path, chunks: int) -> float:
    """Seconds that a chunk of one toy takes in a worker."""
    few, many = chunked(folder, 4, 1), chunked(folder, chunks + 4, 1)
    times = [run(["campaign", "run", str(d), "--workers", "1"])[0] for d in (few, many)]
    return (times[1] - times[0]) / chunks


def merging(folder: Path, toys: int, chunks: Sequence[int]) -> list[dict[str, float]]:
    """Merge the same number of toys in ever more chunks: rate and most memory."""
    found = []
    for number in chunks:
        directory = chunked(folder, toys, -(-toys // number))
        run(["campaign", "run", str(directory)])
        output = folder / f"merged-{number}.root"
        wall, most = run(["campaign", "merge", str(directory), "-o", str(output)])
        found.append({"chunks": number, "seconds": wall, "MB": most})
    return found


def main() -> None:
    """Print tables."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{Path(__file__).stem}", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=120, help="work of each process")
    parser.add_argument("--chunk-seconds", type=float, default=30)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--chunks", type=int, nargs="*", default=[10, 100, 1000], help="for merging")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: dict[str, object] = {"environment": environment()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rates = [
            efficiency(folder, options.seconds, options.chunk_seconds, options.workers)
            for _ in range(options.repeats)
        ]
        ratios = {
            f"{options.workers} workers against one process": [r["campaign"] / r["alone"] for r in rates],
            f"{options.workers} workers against one process on one core": [
                r["campaign"] / r["on_one_core"] for r in rates
            ],
            f"the same, against {options.workers} plain processes side by side": [
                r["campaign"] / r["together"] for r in rates
            ],
            f"{options.workers} plain processes against one": [r["together"] / r["alone"] for r in rates],
        }
        found["rates"], found["ratios"] = rates, {k: asdict(Spread.of(v)) for k, v in ratios.items()}
        for text, key in (("one process", "alone"), ("one process on one core", "on_one_core")):
            print(f"{text}: {np.median([r[key] for r in rates]):.3g} toys/s")
        print("\n| rate of a campaign | ratio: median (least–most) |\n|---|---|")
        for text, values in ratios.items():
            s = Spread.of(values)
            print(f"| {text} | {s.median:.2f} ({s.low:.2f}–{s.high:.2f}) |")
        found["overhead"] = overhead(folder, 200)
        print(f"\na chunk costs {1e3 * float(str(found['overhead'])):.0f} ms besides its toys\n")
        found["merging"] = merging(folder, 200_000, options.chunks)
        print("| chunks of 200 000 toys | merge [s] | memory [MB] |\n|---|---|---|")
        for row in found["merging"]:
            print(f"| {row['chunks']} | {row['seconds']:.1f} | {row['MB']:.0f} |")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
