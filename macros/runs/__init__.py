"""Files of runs: events produced, measured, weighted and made again, parts of studies, and the main job."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
