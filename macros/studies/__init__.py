"""Fits, limits and studies of pseudo-experiments of a card: the answers of commands and of `Card`."""

import lazy_loader

from simgen.former import with_former_names

_FORMER = {
    "BESIDE": "macros.plots",
    "AuditOption": "macros.terminal",
    "FigureOption": "macros.terminal",
    "MaxFailedOption": "macros.terminal",
    "audit_document": "macros.words",
    "check_audit": "macros.words",
    "check_failed": "macros.words",
    "say_audit": "macros.words",
    "study_plan": "macros.setup",
    "write_figure": "macros.plots",
}
"""Names of the former module `macros.studies`, by the package that has them now."""

_get, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__getattr__ = with_former_names(_get, _FORMER)
