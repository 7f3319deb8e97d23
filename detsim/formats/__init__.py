"""Formats of histograms and tables that are read: ROOT, UHI JSON, CSV."""
