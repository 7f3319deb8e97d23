"""The commands of `nugauge`, one module each; heavy imports stand inside the functions."""
