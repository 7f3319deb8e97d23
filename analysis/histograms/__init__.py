"""Histograms of what is measured: made, read, written, compared."""
