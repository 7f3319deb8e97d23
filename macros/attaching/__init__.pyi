from .attached import (
    Attachment as Attachment,
)
from .attachment import (
    attach as attach,
    check_indices as check_indices,
)
