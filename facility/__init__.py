"""Facility: a data-centre power and cooling optimizer."""
