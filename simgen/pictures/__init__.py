"""Small pictures of results for notebooks: SVG of steps, curves, points and intervals.

Texts and axes have the colour of the text of the page, so that a picture is legible on light and dark pages.
There are no scripts, and nothing is loaded: a picture takes less than a millisecond.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
