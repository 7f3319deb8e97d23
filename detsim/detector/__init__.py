"""Detectors: materials, resolution, quenching, bins."""
