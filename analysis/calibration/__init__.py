"""Tables of test statistics from pseudo-experiments, and the thresholds they give."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
