"""History: the hot log, the Delta table and the journal."""
