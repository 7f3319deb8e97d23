"""Compiled functions of the detector stage."""
