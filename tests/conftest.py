"""Settings of the tests; it stands here so that tests/ is on the path and `support` is imported from it."""
