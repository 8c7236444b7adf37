"""Setpoints: what holds for a write, and the write itself."""
