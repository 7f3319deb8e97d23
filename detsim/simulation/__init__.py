"""Events through the detector, and what is simulated with them."""
