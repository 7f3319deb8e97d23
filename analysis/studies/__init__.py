"""Studies of pseudo-experiments: coverage, goodness of fit, expected limits, thresholds."""
