"""Files that a command writes: their names, what they replace, space on the disk; directories, pictures."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
