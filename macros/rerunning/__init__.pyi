from .rerun import (
    differences as differences,
    remake as remake,
)
