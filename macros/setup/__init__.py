"""What a command needs before it works: card, data, files to be written, disk space, expected counts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
