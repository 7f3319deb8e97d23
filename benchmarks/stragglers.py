"""How long a campaign takes on many workers, some slow and some that fail: a simulation from measured chunks.

Workers take the next chunk as soon as they are free, as `nugauge campaign run` hands them out. The time of a
chunk is drawn from those that one worker took for chunks of the same size, times a factor of the worker's own
machine, log-normal. A chunk fails with a probability, at a moment that is equally probable within its time,
and is made again at the end of the queue.
"""

import argparse
import heapq
import json
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.campaign import chunked, run
from benchmarks.measure import Spread, environment
from macros.campaigns import read_campaign

Array = NDArray[np.float64]


def measured_times(folder: Path, n: int, size: int) -> Array:
    """Make chunks by one worker; return their times in units of the median, shape (n - 2,)."""
    directory = chunked(folder, n * size, size)
    run(["campaign", "run", str(directory), "--workers", "1"])
    ends = sorted(stat.st_mtime for stat in read_campaign(directory).finished().values())
    times = np.diff(ends)[1:]  # before the second the worker starts
    return np.asarray(times / np.median(times))


def campaign_time(
    rng: np.random.Generator, times: Array, workers: int, chunks: int, *, spread: float, failing: float
) -> float:
    """Simulate one campaign: time in units of the ideal one, in which no worker ever waits or fails."""
    slowness = np.exp(spread * rng.normal(size=workers))
    free = [(0.0, k) for k in range(workers)]
    queue, end = chunks, 0.0
    while queue:
        now, k = heapq.heappop(free)
        took = slowness[k] * rng.choice(times)
        queue -= 1
        if rng.random() < failing:
            took *= rng.random()
            queue += 1
        else:
            end = max(end, now + took)
        heapq.heappush(free, (now + took, k))
    return float(end * np.sum(1 / slowness) / (chunks * times.mean()))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.stragglers", description=__doc__.split("\n", 1)[0] if __doc__ else None
    )
    parser.add_argument("--workers", type=int, default=200)
    parser.add_argument("--spread", type=float, default=0.2, help="of the machines, relative")
    parser.add_argument("--failing", type=float, default=0.01, help="probability that a chunk fails")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--measured", type=int, default=60, help="chunks that are measured")
    parser.add_argument("--size", type=int, default=200_000, help="toys of these")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        times = measured_times(Path(folder), options.measured, options.size)
    quantiles = np.quantile(times, [0, 0.16, 0.84, 1]).round(3).tolist()
    print(f"times of chunks / median: least, 16 %, 84 %, most: {quantiles}\n")
    rng = np.random.default_rng(1)
    rows = []
    print("| chunks per worker | time / ideal: median (least–most) | without slow machines and failures |")
    print("|---|---|---|")
    for each in (1, 2, 5, 10, 30, 100):
        found = [
            [
                campaign_time(rng, times, options.workers, each * options.workers, spread=a, failing=b)
                for _ in range(options.repeats)
            ]
            for a, b in ((options.spread, options.failing), (0.0, 0.0))
        ]
        bad, good = (Spread.of(values) for values in found)
        rows.append({"chunks": each, "found": found})
        print(f"| {each} | {bad.median:.2f} ({bad.low:.2f}–{bad.high:.2f}) | {good.median:.2f} |")
    if options.json:
        document = {"environment": environment(), "times": times.tolist(), "rows": rows}
        options.json.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
