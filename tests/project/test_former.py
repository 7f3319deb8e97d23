"""Modules of earlier versions are importable under their former names."""

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import pytest

from simgen.former import former_modules


def test_a_former_name_is_the_same_module():
    for former, present in former_modules().items():
        if find_spec(former) is not None and import_module(former).__name__ == former:
            pytest.fail(f"{former} is a module of its own")
        assert import_module(former) is import_module(present), former
        assert import_module(present).__name__ == present


@pytest.mark.long
def test_former_names_work_in_a_fresh_process():
    """Of modules; and of one that is a package now."""
    code = (
        "from analysis.intervals import limit\nimport analysis\nassert limit is analysis.limit\n"
        "from macros.studies import BESIDE, AuditOption, FigureOption, MaxFailedOption, audit_document, "
        "check_audit, check_failed, say_audit, study_plan, write_figure\n"
        "import macros.setup, macros.studies\n"
        "assert study_plan is macros.setup.study_plan\n"
        "assert 'study_plan' not in macros.studies.__all__ and not hasattr(macros.studies, 'nothing')"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=120)
