"""Rack inlets: what they are regressed on, and how the coefficients are learned."""
