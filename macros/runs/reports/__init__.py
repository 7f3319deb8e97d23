"""Reports: what is said of data and of studies, in words, numbers and pictures, and their files."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
