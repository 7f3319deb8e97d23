"""Tables of test statistics from pseudo-experiments, and the thresholds they give."""
