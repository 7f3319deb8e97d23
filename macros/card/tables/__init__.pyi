from .base import (
    Table as Table,
)
from .card import (
    OWN as OWN,
    UNIT_MASS as UNIT_MASS,
    AmountTable as AmountTable,
    CardTables as CardTables,
    ComponentTable as ComponentTable,
    ConstrainedTable as ConstrainedTable,
    ExperimentTables as ExperimentTables,
    ExposureTable as ExposureTable,
    FitTable as FitTable,
    FlatTable as FlatTable,
    LineBackgroundTable as LineBackgroundTable,
    ModelTable as ModelTable,
    PowerTable as PowerTable,
    SourceTable as SourceTable,
    SpectrumTable as SpectrumTable,
    SystematicsTable as SystematicsTable,
    SystematicTable as SystematicTable,
    has_amount as has_amount,
)
from .detector import (
    CurveTable as CurveTable,
    DetectorTable as DetectorTable,
    EfficiencyTable as EfficiencyTable,
    QuenchingTable as QuenchingTable,
    ResolutionTable as ResolutionTable,
    ResponseTable as ResponseTable,
)
from .geometry import (
    BoxTable as BoxTable,
    CylinderTable as CylinderTable,
    DistanceTable as DistanceTable,
    FiducialTable as FiducialTable,
    ShellTable as ShellTable,
    SphereTable as SphereTable,
)
