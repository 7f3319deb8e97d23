from .contours import (
    PROFILED as PROFILED,
    contour_plot as contour_plot,
)
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
    coverage_plot as coverage_plot,
    limit_plot as limit_plot,
    parameter_label as parameter_label,
)
from .pictures import (
    BESIDE as BESIDE,
    BESIDE_TEXT as BESIDE_TEXT,
    is_beside_picture as is_beside_picture,
    is_picture as is_picture,
    picture_kind as picture_kind,
    write_figure as write_figure,
    write_picture as write_picture,
)
from .profiles import (
    profile_plot as profile_plot,
)
from .spectrum import (
    distance_plot as distance_plot,
    spectrum_plot as spectrum_plot,
)
from .studies import (
    coverage_data as coverage_data,
    toys_data as toys_data,
    toys_plot as toys_plot,
)
from .style import (
    BLACK as BLACK,
    BLUE as BLUE,
    GREEN as GREEN,
    GREY as GREY,
    SKY as SKY,
    SUPERSCRIPTS as SUPERSCRIPTS,
    VERMILION as VERMILION,
    add_mass_axis as add_mass_axis,
    add_note as add_note,
    new_figure as new_figure,
    render as render,
    render_svg as render_svg,
    scientific as scientific,
    styled as styled,
)
