"""Expected counts by quadrature: response, folding with source and bins."""
