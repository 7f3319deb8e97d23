"""Fits, limits and studies of pseudo-experiments of a card: the answers of commands and of `Card`."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
