"""Coverage-guided fuzzing of everything that decodes bytes from the network: `python -m tools.fuzz TARGET`."""
