from .card_keys import (
    CardKey as CardKey,
    card_keys as card_keys,
)
from .completion import (
    COMPLETIONS as COMPLETIONS,
)
