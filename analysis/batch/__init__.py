"""Fits of many data sets: search for minima, intervals, limits."""
