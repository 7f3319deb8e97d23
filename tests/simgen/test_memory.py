"""Freed memory that the C library keeps: no page faults where the same arrays are made again and again."""

import subprocess
import sys

import pytest

from simgen._kernels.machine.memory import keep_freed_memory

LOOP = """
import resource, sys
import numpy as np
if sys.argv[1] == "kept" and not keep():
    sys.exit("no glibc")
def work():
    for _ in range(3):
        arrays = [np.ones(100_000) for _ in range(5)]
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(30):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(mode):
    code = "from simgen._kernels.machine.memory import keep_freed_memory as keep\n" + LOOP
    found = subprocess.run([sys.executable, "-c", code, mode], capture_output=True, text=True, check=False)
    if "no glibc" in found.stderr:
        pytest.skip("the C library has no such settings")
    return int(found.stdout)


def test_arrays_are_made_again_without_page_faults():
    """Five arrays of 0.8 MB, 195 pages each, ninety times."""
    assert faults("kept") < 0.2 * faults("plain")


def test_settings_of_the_user_are_left_alone(monkeypatch):
    monkeypatch.setenv("MALLOC_ARENA_MAX", "2")
    assert keep_freed_memory() is False
