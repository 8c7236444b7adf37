"""Signals from outside: weather, price, carbon, load, behind one protocol."""
