from .characters import (
    escape_unsafe as escape_unsafe,
    printable as printable,
)
from .completion import (
    Known as Known,
    completed as completed,
    completing as completing,
    finish_installation as finish_installation,
    know_values as know_values,
    shell_words as shell_words,
)
from .console import (
    Interrupted as Interrupted,
    RunError as RunError,
    Verbosity as Verbosity,
    announce as announce,
    complain as complain,
    detail as detail,
    emit_json as emit_json,
    emit_text as emit_text,
    format_number as format_number,
    json_text as json_text,
    message as message,
    number_of as number_of,
    plain as plain,
    print_table as print_table,
    say as say,
    speaking as speaking,
    timed as timed,
    warn as warn,
)
from .interactive import (
    interactive_progress as interactive_progress,
    show_progress as show_progress,
)
from .levels import (
    FitLevelOption as FitLevelOption,
    FormerLevelOption as FormerLevelOption,
    Level as Level,
    LevelOption as LevelOption,
    LimitLevelOption as LimitLevelOption,
    StudyLevelOption as StudyLevelOption,
    ToysAt as ToysAt,
    ToysAtOption as ToysAtOption,
    level_override as level_override,
    one_level as one_level,
    read_level as read_level,
    study_level as study_level,
)
from .next_command import command_line as command_line
from .once_command import (
    OnceCommand as OnceCommand,
    add_commands as add_commands,
)
from .options import (
    LARGEST_COUNT as LARGEST_COUNT,
    LARGEST_STUDY as LARGEST_STUDY,
    N_BAND as N_BAND,
    AuditOfOption as AuditOfOption,
    AuditOption as AuditOption,
    AuxiliaryOption as AuxiliaryOption,
    CardArgument as CardArgument,
    ColumnsOption as ColumnsOption,
    ForceOption as ForceOption,
    JsonOption as JsonOption,
    MaxFailedOption as MaxFailedOption,
    OfOption as OfOption,
    OutputOption as OutputOption,
    SeedOption as SeedOption,
    SetOption as SetOption,
    TableOption as TableOption,
    ThreadsOption as ThreadsOption,
    ToyChoice as ToyChoice,
    ToyOption as ToyOption,
    Unit as Unit,
    UnitOption as UnitOption,
    WeightsOption as WeightsOption,
    columns_override as columns_override,
    count as count,
    toy_count as toy_count,
)
from .pace import (
    Progress as Progress,
    duration_text as duration_text,
    end_time as end_time,
    progress as progress,
    silent as silent,
    size_text as size_text,
)
from .points import (
    MOST_POINTS as MOST_POINTS,
    ScanValue as ScanValue,
    even_values as even_values,
    read_points as read_points,
    read_scan as read_scan,
    read_values as read_values,
)
from .status import (
    CLOSED_PIPE as CLOSED_PIPE,
    FAILED as FAILED,
    INTERRUPTED as INTERRUPTED,
    explain as explain,
    guard as guard,
)
from .stopping import (
    Stop as Stop,
    stop_on_interrupt as stop_on_interrupt,
)
from .streams import (
    StandardOutputError as StandardOutputError,
    reserve_standard_files as reserve_standard_files,
    standard_streams as standard_streams,
)
from .study_options import (
    DATA_HELP as DATA_HELP,
    ExperimentOption as ExperimentOption,
    FigureOption as FigureOption,
    FirstToyOption as FirstToyOption,
    GoodnessOption as GoodnessOption,
    Keep as Keep,
    KeepOption as KeepOption,
    LimitMethod as LimitMethod,
    PartOption as PartOption,
    PoiOption as PoiOption,
    ReportOption as ReportOption,
    StyleOption as StyleOption,
)
from .verbosity import (
    VERBOSITY as VERBOSITY,
)
