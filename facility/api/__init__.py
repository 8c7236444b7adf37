"""The REST API and the first page."""
