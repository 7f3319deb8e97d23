"""Files of any kind: written whole or not at all, locked, opened with checks."""
