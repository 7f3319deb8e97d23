"""Examples in the docstrings of the packages: each is run, and prints what stands below it."""

import doctest
import importlib

import pytest
from support.modules import MODULES, ROOT

MARK = ">>> "
WITH_EXAMPLES = [
    path for path in [*(ROOT / "nugauge").rglob("*.py"), *MODULES] if MARK in path.read_text("utf-8")
]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_print_what_they_say(path):
    """Contract. Finds an example of a docstring that fails, or prints something else."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    report, n_examples = [], 0
    runner = doctest.DocTestRunner(verbose=False)
    for test in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name), name):
        n_examples += len(test.examples)
        runner.run(test, out=report.append)
    assert not report, "".join(report)
    assert n_examples == path.read_text("utf-8").count(MARK)
