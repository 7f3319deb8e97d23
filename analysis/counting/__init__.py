"""Intervals of counts with a known background."""
