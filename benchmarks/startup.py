"""What a user waits for: start-up, a first run that compiles, later ones; and memory against length."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.measure import Spread, environment, watched

CARD = "borexino-cr51-paper"
_CODE = "import sys; from macros.cli import main; sys.argv[0] = 'nugauge'; main()"


def _nugauge(arguments: Sequence[str], cache: str) -> tuple[float, float, float]:
    """Run `nugauge`, also with a wrong card; see `watched`."""
    return watched([sys.executable, "-c", _CODE, *arguments], check=False, NUMBA_CACHE_DIR=cache)


def start_up(repeats: int) -> dict[str, dict[str, dict[str, float]]]:
    """Time commands, the first run with an empty cache."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            cache, card = f"{folder}/cache", Path(folder) / "wrong.toml"
            card.write_text("[source]\nisotop = 'Cr51'\n")
            rest = ["--force", "--seed", "1", "-o"]
            run = ["run", CARD, *rest, f"{folder}/run"]
            commands = {
                "`nugauge --help`": ["--help"],
                "a wrong card's message": ["check", str(card)],
                "first `run` of a preset, compiling": run,
                "later ones": run,
                "`simulate --events 1000000`": [
                    "simulate",
                    CARD,
                    "--events",
                    "1000000",
                    *rest,
                    f"{folder}/e.root",
                ],
            }
            for name, arguments in commands.items():
                found.setdefault(name, []).append(_nugauge(arguments, cache))
    return {
        name: {
            what: asdict(Spread.of([one[j] for one in each])) for j, what in enumerate(("wall", "cpu", "MB"))
        }
        for name, each in found.items()
    }


def memory(numbers: Sequence[int]) -> list[dict[str, float]]:
    """Simulate to files of growing length: seconds and most memory [MB]."""
    found = []
    for n in numbers:
        with tempfile.TemporaryDirectory() as folder:
            arguments = ["simulate", CARD, "--events", str(n), "-o", f"{folder}/e.root", "--seed", "1"]
            wall, cpu, most = _nugauge([*arguments, "--file-size", "2 GB"], f"{folder}/cache")
            size = sum(file.stat().st_size for file in Path(folder).glob("*.root"))
            found.append({"events": n, "wall": wall, "cpu": cpu, "MB": most, "bytes": size})
    return found


def main() -> None:
    """Print tables."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{Path(__file__).stem}", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--events", type=float, nargs="*", default=[], help="lengths, such as 1e7 1e8 1e9")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = {"environment": environment(), "start-up": start_up(options.repeats)}
    print("| command | wall [s]: median (least–most) | CPU [s] | memory [MB] |\n|---|---|---|---|")
    for name, each in found["start-up"].items():
        cells = (f"{s['median']:.2f} ({s['low']:.2f}–{s['high']:.2f})" for s in each.values())
        print(f"| {name} | {' | '.join(cells)} |")
    if options.events:
        found["memory"] = memory([int(n) for n in options.events])
        print("\n| events drawn | wall [s] | CPU [s] | memory [MB] | files [MB] |\n|---|---|---|---|---|")
        for row in found["memory"]:
            print(
                f"| {row['events']:.0e} | {row['wall']:.1f} | {row['cpu']:.1f} | {row['MB']:.0f} | "
                f"{row['bytes'] / 1e6:.0f} |"
            )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
