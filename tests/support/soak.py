"""Fit many pseudo-experiments of hard cards, and compare fits, limits and coverage with an independent scan.

Run by hand from the top of the repository, `PYTHONPATH=.:tests python -m support.soak`; docs: comparisons.md
says what it does. Results stand in a file of JSON, which a second call goes on with.
"""

import argparse
import json
import math
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from pathlib import Path

import numba

from support.coverage_twins import coverage_twins, pull_width
from support.hard_cards import hard_card, hard_names
from support.limit_study import compare_limits
from support.minima_study import compare_minima, scipy_check
from support.minima_tally import Minima, summed
from support.random_study import random_study

__all__ = ["main"]

BLOCK = 2000
"""Data sets of one entry of the file, of minima; of limits a tenth."""

STUDIES = ("minima", "limits", "twins", "random", "width")


def minima_block(name, first, n, seed, n_scipy):
    """Compare fits of one block of a card; return the entry of the file."""
    warnings.simplefilter("ignore", UserWarning)  # hard cards are not plausible
    minima, found, problem = compare_minima(hard_card(name), n, first=first, seed=seed)
    entry = minima.plain()
    if n_scipy and found is not None:
        entry["scipy"] = [[first + d, excess] for d, excess in scipy_check(problem, found, n_scipy)]
    return entry


def limits_block(name, first, n, seed, _):
    """Compare limits and regions of one block of a card."""
    warnings.simplefilter("ignore", UserWarning)
    return compare_limits(hard_card(name), n, first=first, seed=seed)


def twins_block(name, first, n, seed, _):
    """Compare the coverage of one block with that of single fits."""
    warnings.simplefilter("ignore", UserWarning)
    return coverage_twins(name, n, first=first, seed=seed)


def random_block(name, first, n, seed, n_scipy):
    """Compare fits of one random card."""
    warnings.simplefilter("ignore", UserWarning)
    return random_study(int(name.removeprefix("random-")), n, seed=seed, n_scipy=n_scipy)


def width_block(name, first, n, seed, _):
    """Sum up pulls of one block of a card."""
    warnings.simplefilter("ignore", UserWarning)
    return pull_width(name, n, first=first, seed=seed)


WORK = {
    "minima": minima_block,
    "limits": limits_block,
    "twins": twins_block,
    "random": random_block,
    "width": width_block,
}


class Results:
    """Entries of a file of JSON, by study, card, seed, first data set and number; written after each.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path):
        self.path = path
        self.entries = json.loads(path.read_text()) if path.exists() else {}

    def add(self, key, entry):
        """Store an entry, the file whole or as it was."""
        self.entries[key] = entry
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.entries, indent=0))
        part.replace(self.path)

    def of(self, study, name, seed):
        """Return the entries of a card, by first data set."""
        start = f"{study} {name} {seed} "
        return [self.entries[k] for k in sorted(self.entries, key=_first) if k.startswith(start)]


def _first(key):
    return int(key.split()[3])


def tasks(options):
    """List the blocks that are asked for: study, card, seed, first, n."""
    sizes = {"minima": BLOCK, "limits": BLOCK // 10, "twins": BLOCK, "width": 50 * BLOCK}
    found = []
    if options.study == "random":
        return [("random", f"random-{i}", options.seed, 0, options.n) for i in range(options.random)]
    size = sizes[options.study]
    for name in options.card or hard_names():
        ends = range(options.first, options.first + options.n, size)
        last = options.first + options.n
        found += [(options.study, name, options.seed, at, min(size, last - at)) for at in ends]
    return found


def run(options, results):
    """Compute the entries that the file does not have yet."""
    left = {" ".join(map(str, t)): t for t in tasks(options)}
    left = {key: t for key, t in left.items() if key not in results.entries}
    start = time.perf_counter()
    with ProcessPoolExecutor(options.jobs, initializer=numba.set_num_threads, initargs=(1,)) as pool:
        waiting = {
            key: pool.submit(WORK[study], name, first, n, seed, _scipy(options, first))
            for key, (study, name, seed, first, n) in left.items()
        }
        for number, (key, future) in enumerate(waiting.items(), 1):
            results.add(key, future.result())
            elapsed = time.perf_counter() - start
            print(f"{elapsed:7.0f} s  {number}/{len(left)}  {key}", flush=True)


def _scipy(options, first):
    """Minimise with scipy the worst of the first block only, or of every random card."""
    return options.scipy if options.study == "random" or first == options.first else 0


def table(options, results):
    """Print one line a card, and the worst misses of each."""
    names = dict.fromkeys(t[1] for t in tasks(options))
    if options.study in {"minima", "random"}:
        print("| card | data sets | above | worst | deeper | apart | failed | in range above", end="")
        print(" | worst | scan above | scipy: scan above | single fits off", end="")
        print(" | -2 ln L differs | by status | fit s | scan s |")
        print("|---" * 16 + "|")
    for name in names:
        entries = results.of(options.study, name, options.seed)
        if not entries:
            continue
        if options.study in {"minima", "random"}:
            _minima_line(name, entries)
        elif options.study == "width":
            _width_line(name, _merged(entries))
        else:
            print(name, json.dumps(_merged(entries), ensure_ascii=False))
    print()
    for name in names:
        entries = results.of(options.study, name, options.seed)
        misses = [m for e in entries for m in e.get("misses", [])]
        for miss in misses[: options.show]:
            shown = {k: float(f"{v:.7g}") if isinstance(v, float) else v for k, v in miss.items()}
            print(json.dumps(shown, ensure_ascii=False))


def _minima_line(name, entries):
    checked = [excess for e in entries for _, excess in e.get("scipy", [])]
    singles = [excess for e in entries for _, excess in e.get("single", [])]
    title = next((f"{name}: {e['title']}" for e in entries if "title" in e), name)
    known = [f.name for f in fields(Minima)]
    m = summed([Minima(**{k: v for k, v in e.items() if k in known}) for e in entries])
    status = ", ".join(f"{s}: {a} of {n}" for s, (n, a) in sorted(m.status.items(), key=lambda i: int(i[0])))
    scipy = f"{sum(e > 1e-3 for e in checked)} of {len(checked)}"
    print(
        f"| {title} | {m.n} | {m.above} | {m.worst:.3g} | {m.deeper} | {m.apart} | {m.failed} "
        f"| {m.bounded_above} | {m.bounded_worst:.3g} | {m.bounded_deeper} | {scipy} | {len(singles)} "
        f"| {m.claimed:.1g} | {m.error or status} | {m.fit_seconds:.0f} | {m.scan_seconds:.0f} |"
    )


def _width_line(name, total):
    n = total["pulls"]
    mean = total["sum"] / n
    width = math.sqrt((total["squares"] - n * mean**2) / (n - 1))
    print(f"{name}: {total['n']} toys, {total['failed']} failed", end=", pulls: ")
    print(f"mean {mean:.5f} ± {width / math.sqrt(n):.5f}", end=", ")
    print(f"width {width:.5f} ± {width / math.sqrt(2 * n):.5f}, largest {total['worst']:.2f}")


def _merged(entries):
    """Add up numbers, and keep the largest of those whose name says so."""
    total = {}
    for entry in entries:
        for key, value in entry.items():
            if isinstance(value, dict):
                total[key] = _merged([total.get(key, {}), value])
            elif isinstance(value, int | float):
                total[key] = (
                    max(total.get(key, value), value) if "worst" in key else total.get(key, 0) + value
                )
            elif isinstance(value, str) and value:
                total[key] = value
    return total


def parser():
    """Describe the options."""
    made = argparse.ArgumentParser(prog="python -m support.soak", description=__doc__)
    made.add_argument("study", choices=STUDIES, nargs="?", default="minima")
    made.add_argument("-n", "--sets", dest="n", type=int, help="data sets of each card")
    made.add_argument("--card", action="append", help="of tests/hard, or a path; all without")
    made.add_argument("--first", type=int, default=0, help="number of the first data set")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--random", type=int, default=20, help="random cards, of the study random")
    made.add_argument("--scipy", type=int, default=0, help="worst, and as many others, that scipy fits")
    made.add_argument("-j", "--jobs", type=int, default=2)
    made.add_argument("-o", "--output", type=Path, default=Path("soak.json"))
    made.add_argument("--show", type=int, default=5, help="misses of each card that are printed")
    made.add_argument("--table", action="store_true", help="print what the file has, and fit nothing")
    return made


DEFAULT_SETS = {"minima": 100_000, "limits": 400, "twins": 2000, "random": 500, "width": 1_000_000}


def main(arguments=None):
    """Run from the command line."""
    options = parser().parse_args(arguments)
    options.n = options.n or DEFAULT_SETS[options.study]
    results = Results(options.output)
    if not options.table:
        run(options, results)
    table(options, results)


if __name__ == "__main__":
    main()
