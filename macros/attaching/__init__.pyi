from .attachment import (
    Attachment as Attachment,
    attach as attach,
    check_indices as check_indices,
)
