"""Fits and limits of single data sets, and their results."""
