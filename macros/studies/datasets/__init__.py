"""Data sets of the experiments of a card: from Python, from files, and weights of their events."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
