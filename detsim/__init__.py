"""What the detector makes of true events: response, expected counts, event files."""

import lazy_loader

from simgen.former import install

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

install()
