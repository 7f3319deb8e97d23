"""Files that one command made in parts, joined into one: events, toys, statistics, sums, calibrations."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
