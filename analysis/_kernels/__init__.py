"""Compiled functions of the analysis."""
