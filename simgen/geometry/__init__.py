"""Target volumes, baselines, and the mean of 1/r² between source and target."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
