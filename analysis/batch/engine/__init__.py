"""The compiled fit: a model as tables of indices, and loops over data sets."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
