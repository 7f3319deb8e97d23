"""The compiled fit: the program of a model, and fits of many data sets with it (docs: fit-engine.md)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
