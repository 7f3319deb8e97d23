"""Compiled functions of the vertex; the public modules check, allocate and call them."""
