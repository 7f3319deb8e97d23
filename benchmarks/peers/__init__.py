"""Others' fits of the same toys, each in a process of its own: `python -m benchmarks.peers.NAME CASE`."""
