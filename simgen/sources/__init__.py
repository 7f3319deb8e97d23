"""Sources of neutrinos: isotopes, their components, and energy spectra."""
