"""Compiled functions in processes of their own."""

import math
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["EXPECTED", "PAIR", "ROOT", "compiled", "number", "run"]


ROOT = Path(__file__).parents[2]


PAIR = """
import numpy as np
from simgen._kernels.philox import fill_pairs
one, two = np.empty(1), np.empty(1)
fill_pairs(np.array([0.25]), np.array([0.5]), one, two)
print(one[0])
"""
"""√(-2 ln ¼), with ln 2 a constant of another module that is called by a function of a third."""


def run(code, *, root=ROOT, options=(), before=None, **variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        capture_output=True,
        text=True,
        cwd=root,
        env={**environment, "PYTHONPATH": str(root), **{k: str(v) for k, v in variables.items()}},
        timeout=120,
        check=False,
        preexec_fn=before,
    )


def compiled(directory):
    return sorted(directory.rglob("*.nbc"))


EXPECTED = math.sqrt(4 * math.log(2))


def number(done):
    assert done.returncode == 0, done.stderr
    return float(done.stdout)
