from .audits import (
    audit_document as audit_document,
    check_audit as check_audit,
    check_failed as check_failed,
    say_audit as say_audit,
)
from .calibrations import (
    calibration_document as calibration_document,
    few_toys_warnings as few_toys_warnings,
    say_calibration as say_calibration,
    thresholds_table as thresholds_table,
)
from .card_notes import (
    binding_note as binding_note,
)
from .comparisons import (
    comparison_document as comparison_document,
    say_comparison as say_comparison,
)
from .contour_notes import (
    plane_warnings as plane_warnings,
)
from .coverage_verdicts import (
    deviation_lines as deviation_lines,
    level_line as level_line,
    table_warnings as table_warnings,
    verdict_lines as verdict_lines,
)
from .description import (
    describe_response as describe_response,
    describe_shape as describe_shape,
    explain_parameter as explain_parameter,
)
from .details import (
    impacts_document as impacts_document,
    impacts_table as impacts_table,
    minima_table as minima_table,
    pulls_table as pulls_table,
    say_details as say_details,
    say_impacts as say_impacts,
)
from .fit_description import (
    allowed_elsewhere as allowed_elsewhere,
    band_texts as band_texts,
    end_text as end_text,
    estimate_cells as estimate_cells,
    fit_notes as fit_notes,
    interval_text as interval_text,
    median_text as median_text,
    poor_fit as poor_fit,
    quality_document as quality_document,
    undetermined_text as undetermined_text,
    warn_poor_fit as warn_poor_fit,
)
from .recoil_cutoff import (
    begin_with as begin_with,
    cutoff as cutoff,
    cutoff_facts as cutoff_facts,
    say_cutoff as say_cutoff,
)
from .result_documents import (
    band_document as band_document,
    coverage_document as coverage_document,
    expectation_document as expectation_document,
    fit_document as fit_document,
    goodness_document as goodness_document,
    limit_document as limit_document,
    sensitivity_document as sensitivity_document,
)
from .result_texts import (
    allowed_text as allowed_text,
    bias_lines as bias_lines,
    coverage_table as coverage_table,
    excluded_end as excluded_end,
    excluded_text as excluded_text,
    limit_axis_values as limit_axis_values,
    limit_scale as limit_scale,
    say_band as say_band,
    say_coverage as say_coverage,
    say_expected as say_expected,
    say_fit as say_fit,
    say_goodness as say_goodness,
    say_limit as say_limit,
    say_plane as say_plane,
    say_sensitivity as say_sensitivity,
)
from .summary import (
    analysis_facts as analysis_facts,
    analysis_rows as analysis_rows,
    experiment_facts as experiment_facts,
    experiment_rows as experiment_rows,
)
