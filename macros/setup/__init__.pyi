from .auxiliary import (
    auxiliary_files as auxiliary_files,
    auxiliary_pulls as auxiliary_pulls,
    check_measured as check_measured,
    measured_values as measured_values,
    read_auxiliary as read_auxiliary,
    unusual_measurements as unusual_measurements,
)
from .card import (
    load_chosen as load_chosen,
    open_card as open_card,
    open_fitter as open_fitter,
    say_left_out as say_left_out,
    template_sampling as template_sampling,
    using_threads as using_threads,
    whole_number as whole_number,
)
from .compatibility import (
    ATTACHED as ATTACHED,
    card_differences as card_differences,
    card_for_events as card_for_events,
    card_of_events as card_of_events,
    check_card as check_card,
    check_same_experiment as check_same_experiment,
    is_attached as is_attached,
    lacks_backgrounds as lacks_backgrounds,
)
from .counts import (
    check_counts as check_counts,
    check_signal as check_signal,
    expectation as expectation,
    expectations as expectations,
    expected_counts as expected_counts,
    faint_signal as faint_signal,
    mean_cross_section as mean_cross_section,
    simulate_events as simulate_events,
)
from .data import (
    kind_of_histogram as kind_of_histogram,
    load_data as load_data,
    load_series as load_series,
)
from .event_data import (
    EXPECTED_KIND as EXPECTED_KIND,
    MEASURED as MEASURED,
    OF_THE_ANALYSIS as OF_THE_ANALYSIS,
    SIMULATED as SIMULATED,
    Data as Data,
    StoredCounts as StoredCounts,
    file_histogram as file_histogram,
    stored_counts as stored_counts,
)
from .outputs import (
    FigurePlan as FigurePlan,
    FilePlan as FilePlan,
    Output as Output,
    Split as Split,
    card_files as card_files,
    check_different as check_different,
    check_directory as check_directory,
    check_number as check_number,
    check_picture as check_picture,
    check_room as check_room,
    data_files as data_files,
    foreign_report as foreign_report,
    foreign_run as foreign_run,
    former_files as former_files,
    part_output as part_output,
    picture_outputs as picture_outputs,
    plan_figures as plan_figures,
    read_look as read_look,
    study_plan as study_plan,
    whole_directory as whole_directory,
)
from .stored_toys import (
    Toy as Toy,
    read_toy as read_toy,
)
from .template_files import (
    recorded_sample as recorded_sample,
)
from .trials import (
    Trial as Trial,
    measure_rows as measure_rows,
)
