"""True events: channels, sampling tables, recoil energies, vertices and times."""
