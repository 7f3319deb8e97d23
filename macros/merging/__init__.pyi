from .joined_files import (
    Joined as Joined,
    Merging as Merging,
    check_events as check_events,
    check_parts as check_parts,
    check_whole as check_whole,
    merge as merge,
    merged_kind as merged_kind,
)
from .same_campaign import (
    check_same as check_same,
)
from .series_notes import (
    check_series as check_series,
    missing_events as missing_events,
)
from .stored_runs import (
    Run as Run,
    read_runs as read_runs,
)
from .study_results import (
    StudyResult as StudyResult,
    study_result as study_result,
)
