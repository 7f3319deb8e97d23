"""Results, notes and descriptions in words: sentences, tables, and the keys of JSON documents."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
