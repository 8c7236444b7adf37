"""Providers of signals, one a file: each turns what its service publishes into series in our units."""
