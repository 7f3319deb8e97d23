"""NuHepMC 1.0.0: events written, and files of any program checked against its requirements."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
