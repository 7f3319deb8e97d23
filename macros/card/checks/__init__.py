"""What is wrong with a card: unknown keys, names, values out of range, and how it is said."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
