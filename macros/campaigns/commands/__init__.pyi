from .group import (
    campaign as campaign,
)
