"""How fast the project is, beside others: scripts to be run by hand; see README.md here."""
