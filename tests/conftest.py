"""Shared by all tests; its presence puts tests/ on the path, so that `reference` and `experiments` import."""
