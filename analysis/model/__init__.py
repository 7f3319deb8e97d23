"""The model of a fit: templates, nuisance parameters, ranges."""
