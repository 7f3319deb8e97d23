"""Compiled throws of pseudo-experiments."""
