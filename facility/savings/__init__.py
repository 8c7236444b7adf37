"""Measured savings: what a change saved against what the site would have drawn without it, with an honest interval."""
