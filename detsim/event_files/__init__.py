"""Event files: ROOT files of events with their provenance and digests."""
