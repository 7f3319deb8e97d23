from .campaigns import (
    run_campaign as run_campaign,
)
from .card import (
    Card as Card,
    CardError as CardError,
    load_card as load_card,
)
from .terminal import (
    show_progress as show_progress,
)
