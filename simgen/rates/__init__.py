"""Mean numbers of interactions, exposures and oscillations."""
