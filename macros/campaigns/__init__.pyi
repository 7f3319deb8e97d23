from .directory import (
    Campaign as Campaign,
    Chunk as Chunk,
    read_campaign as read_campaign,
)
from .engine import (
    Outcome as Outcome,
    run_campaign as run_campaign,
)
from .group import (
    campaign as campaign,
)
