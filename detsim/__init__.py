"""Detector response: expected counts, simulated events, event files."""

import lazy_loader

from simgen.former import install

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

install()
