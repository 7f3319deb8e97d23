"""Files of any kind: written completely or not at all, locked, opened with checks."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
