"""Compiled fits of many data sets."""
