from .card import (
    Card as Card,
    CardError as CardError,
    load_card as load_card,
)
