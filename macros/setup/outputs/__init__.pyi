from .directory import (
    check_directory as check_directory,
    whole_directory as whole_directory,
)
from .figures import (
    FigurePlan as FigurePlan,
    check_picture as check_picture,
    plan_figures as plan_figures,
    read_look as read_look,
)
from .files import (
    Split as Split,
    check_number as check_number,
    check_room as check_room,
    former_files as former_files,
)
from .plans import (
    FilePlan as FilePlan,
    Output as Output,
    card_files as card_files,
    check_different as check_different,
    data_files as data_files,
    part_output as part_output,
    picture_outputs as picture_outputs,
    study_plan as study_plan,
)
from .recognition import (
    foreign_report as foreign_report,
    foreign_run as foreign_run,
)
