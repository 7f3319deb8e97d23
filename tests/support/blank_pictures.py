"""Pictures that are drawn and not rendered, which takes most of the time of a report."""

from contextlib import contextmanager

import pytest
from matplotlib.figure import Figure

__all__ = ["blank_pictures"]


@contextmanager
def blank_pictures():
    """Let each figure be drawn, and an empty one be laid out and written in its place, in the same format."""
    write = Figure.savefig

    def write_blank(figure, *arguments, **options):
        write(Figure(figsize=(1, 1)), *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", write_blank)
        patch.setattr(Figure, "get_layout_engine", lambda _: None)
        yield
