from .figure_data import (
    Cell as Cell,
    FigureData as FigureData,
)
from .fits import (
    impacts_data as impacts_data,
    impacts_plot as impacts_plot,
    scan_data as scan_data,
)
from .inference import (
    band_data as band_data,
    coverage_plot as coverage_plot,
    limit_plot as limit_plot,
    parameter_axis as parameter_axis,
)
from .limits import (
    LimitFigure as LimitFigure,
    ThresholdsFigure as ThresholdsFigure,
)
from .looks import (
    Look as Look,
    StyleError as StyleError,
    look as look,
    read_style as read_style,
)
from .methods import (
    BLUE as BLUE,
    COLOURS as COLOURS,
    GREEN as GREEN,
    GREY as GREY,
    METHODS as METHODS,
    SKY as SKY,
    VERMILION as VERMILION,
    method_style as method_style,
)
from .panels import (
    CountsFigure as CountsFigure,
    Panel as Panel,
    TrueEventsFigure as TrueEventsFigure,
    panels_of as panels_of,
)
from .pictures import (
    BESIDE as BESIDE,
    BESIDE_TEXT as BESIDE_TEXT,
    KINDS as KINDS,
    Picture as Picture,
    is_beside_picture as is_beside_picture,
    is_picture as is_picture,
    picture_kind as picture_kind,
    write_figure as write_figure,
    write_pictures as write_pictures,
)
from .profiles import (
    PROFILED as PROFILED,
    contour_plot as contour_plot,
    profile_plot as profile_plot,
)
from .sensitivities import (
    PlaneFigure as PlaneFigure,
    ScanFigure as ScanFigure,
    common_unit as common_unit,
)
from .studies import (
    ComparisonFigure as ComparisonFigure,
    coverage_data as coverage_data,
    toys_data as toys_data,
    toys_plot as toys_plot,
)
from .style import (
    SUPERSCRIPTS as SUPERSCRIPTS,
    add_mass_axis as add_mass_axis,
    add_note as add_note,
    ink as ink,
    load_drawing as load_drawing,
    new_figure as new_figure,
    note_of as note_of,
    paper as paper,
    render as render,
    render_svg as render_svg,
    scientific as scientific,
    styled as styled,
)
