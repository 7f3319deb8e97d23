"""Sizes of terms."""

import mpmath
import numpy as np

__all__ = ["CORRECTIONS", "RADIUS_SCALE", "S2", "T_POINTS"]


CORRECTIONS = ("tree", "electroweak", "full")


S2 = 0.2312


RADIUS_SCALE = float(mpmath.sqrt(2) * mpmath.pi / 137.035999 / (3 * 1.1663788e-11) * 1e-32 / 3.8937937e-22)
"""√2πα/(3G_F) per 1e-32 cm²: 0.0237956, the shift of TEXONO's convention."""


T_POINTS = np.array([0.003, 0.1, 0.5])
