"""Pseudo-experiments: thrown, fitted, weighted, audited."""
