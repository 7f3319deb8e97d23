"""The compiled fit: a model as tables of indices, and loops over data sets."""
