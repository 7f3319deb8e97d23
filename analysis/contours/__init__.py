"""Two parameters fitted at once: the profile likelihood over a plane, and its regions."""
