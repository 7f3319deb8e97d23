"""Batch systems and dask schedulers for campaigns: workers on many machines, and files of array jobs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
