"""Code that tests share: likelihood, minima, limits and regions written a second time, without `analysis`."""
