"""The plan: one optimisation problem, one asset a file."""
