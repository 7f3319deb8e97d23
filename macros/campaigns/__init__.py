"""Campaigns: studies cut into chunks, made by any workers, and joined with the bits of one run."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
