"""What compiling costs: the first fit in a process without numba's cache, and in one that finds it."""

import json
import os
import subprocess
import sys
import tempfile

from benchmarks.measure import ROOT, Spread

__all__ = ["compile_times"]

_CODE = """
import json, resource, sys, time

def spent():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime

marks, begin = {}, spent()

def mark(name):
    global begin
    now = spent()
    marks[name] = [now[0] - begin[0], now[1] - begin[1]]
    begin = now

from analysis.model import layouts
from analysis.batch.engine.problem import Problem
from analysis.batch.fitter import BatchFitter
from analysis.pseudo_experiments.fitted_toys import fit_toys
from benchmarks.cases import make_case
mark("imports")
case = make_case(sys.argv[1])
case.fitter.width
mark("folding")
counts, auxiliary = case.thrower.block(0, 64)
mark("throwing")
batch = BatchFitter(fitter=case.fitter)
batch.layout, batch.starts, batch.linear
mark("starts of the fits, which compiles them")
fits = batch.fit(counts, auxiliary)
mark("fitting")
fit_toys(batch, counts, auxiliary, level=0.95)
mark("intervals")
print("ANSWER" + json.dumps(marks))
"""


def compile_times(case: str, repeats: int) -> dict[str, dict[str, dict[str, Spread]]]:
    """Time the stages of a first use, without the cache and with it.

    Returns
    -------
    dict
        cold or warm → stage → wall or cpu → seconds.
    """
    found: dict[str, dict[str, list[list[float]]]] = {"cold": {}, "warm": {}}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as cache:
            for stages in found.values():
                for name, seconds in _run(case, cache).items():
                    stages.setdefault(name, []).append(seconds)
    return {
        kind: {
            name: {what: Spread.of([one[j] for one in each]) for j, what in enumerate(("wall", "cpu"))}
            for name, each in stages.items()
        }
        for kind, stages in found.items()
    }


def _run(case: str, cache: str) -> dict[str, list[float]]:
    done = subprocess.run(
        [sys.executable, "-c", _CODE, case],
        cwd=ROOT,
        env={**os.environ, "NUMBA_CACHE_DIR": cache, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    answers = [line for line in done.stdout.splitlines() if line.startswith("ANSWER")]
    if not answers:
        raise RuntimeError(done.stderr)
    return dict(json.loads(answers[0].removeprefix("ANSWER")))
