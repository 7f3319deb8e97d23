from .joined_files import (
    Merging as Merging,
    merge as merge,
    merged_kind as merged_kind,
)
from .study_results import (
    StudyResult as StudyResult,
    study_result as study_result,
)
