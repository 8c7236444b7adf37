"""Alembic's steps from one shape of the journal to the next; they run when a journal is opened."""
