from .calibrations import (
    make_calibration as make_calibration,
    open_calibration as open_calibration,
    thresholds_of_origin as thresholds_of_origin,
)
from .card_outlook import (
    Outlook as Outlook,
    expected_reach as expected_reach,
    outlook as outlook,
    shape_warnings as shape_warnings,
)
from .case_figures import (
    case_note as case_note,
    counts_picture as counts_picture,
    coverage_picture as coverage_picture,
    draw_coverage as draw_coverage,
    expectation_picture as expectation_picture,
    expected_limit_picture as expected_limit_picture,
    fitted_counts as fitted_counts,
    impacts_picture as impacts_picture,
    limit_picture as limit_picture,
    profile_picture as profile_picture,
)
from .coverage_study import (
    judge_coverage as judge_coverage,
    open_study as open_study,
    write_coverage as write_coverage,
)
from .datasets import (
    DataSets as DataSets,
    check_weights_options as check_weights_options,
    data_sets as data_sets,
    load_data_sets as load_data_sets,
    load_or_expect as load_or_expect,
    load_weights as load_weights,
    stored_weights as stored_weights,
    toy_data as toy_data,
    toy_weights as toy_weights,
    weights_of_origin as weights_of_origin,
    weights_record as weights_record,
)
from .inference import (
    EXPECTED as EXPECTED,
    Inference as Inference,
    OnStatistics as OnStatistics,
    open_inference as open_inference,
)
from .limit_options import CardLimit as CardLimit, LimitOptions as LimitOptions
from .model_comparison import (
    CardComparison as CardComparison,
    compare_cards as compare_cards,
)
from .scans import (
    CardScan as CardScan,
    ScanKey as ScanKey,
    scan_key as scan_key,
    scan_limits as scan_limits,
)
from .statistic_files import (
    STATISTICS as STATISTICS,
    StatisticRows as StatisticRows,
    read_statistics as read_statistics,
    say_how_to_go_on as say_how_to_go_on,
)
from .sum_files import (
    StoredSums as StoredSums,
    read_sums as read_sums,
    write_coverage_sums as write_coverage_sums,
    write_goodness_sums as write_goodness_sums,
)
from .toy_totals import EventTally as EventTally, ToyTally as ToyTally
from .toys import (
    ToyRun as ToyRun,
    confidence_level as confidence_level,
    open_toys as open_toys,
    prepare_toys as prepare_toys,
    throw_toys as throw_toys,
    write_toys as write_toys,
)
