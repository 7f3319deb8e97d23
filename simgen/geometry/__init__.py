"""Where the target is, and the source."""

from simgen.geometry.volumes import Box, Cylinder, Geometry, Shell, Sphere

__all__ = ["Box", "Cylinder", "Geometry", "Shell", "Sphere"]
