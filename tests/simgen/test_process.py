"""The clock of rates, which stands still while functions are compiled."""

import time

from simgen._kernels.machine import cache
from simgen._kernels.machine.notice import CompileNotice
from simgen.process import working_time


def test_compiling_is_not_counted_as_work(monkeypatch):
    """Contract. Finds a rate of a first run that is too small; one function within another counts once."""
    now = [100.0]
    notice = CompileNotice(patience=3600.0)
    monkeypatch.setattr(cache, "notice", notice)
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    start = working_time()
    for told in (False, True):
        notice.told = told
        now[0] += 2.0
        notice.begin()
        notice.begin()  # a function within another
        now[0] += 5.0
        notice.end()
        notice.end()
    assert notice.spent == 10.0
    assert working_time() - start == 4.0
