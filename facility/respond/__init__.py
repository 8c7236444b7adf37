"""Demand response: what the grid asks, what the site answers, what was delivered and what it is worth."""
