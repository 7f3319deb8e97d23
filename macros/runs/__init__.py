"""Files of runs: events produced, measured, merged, weighted and made again, and the main job."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
