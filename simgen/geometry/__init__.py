"""Where the target is, and the source."""

from simgen.geometry.shapes import Box, Cylinder, Geometry, Shell, Sphere

__all__ = ["Box", "Cylinder", "Geometry", "Shell", "Sphere"]
