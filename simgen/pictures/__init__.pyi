from .drawing import (
    intervals as intervals,
    picture as picture,
)
from .frame import (
    BLUE as BLUE,
    GREEN as GREEN,
    GREY as GREY,
    INK as INK,
    ORANGE as ORANGE,
    PURPLE as PURPLE,
    SKY as SKY,
    VERMILION as VERMILION,
)
from .layers import (
    Curve as Curve,
    Layer as Layer,
    Level as Level,
    Points as Points,
    Row as Row,
    Stems as Stems,
    Steps as Steps,
)
