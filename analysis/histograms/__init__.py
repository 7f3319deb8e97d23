"""Histograms of measured energies and distances: filled, read, written, compared with expectations."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
