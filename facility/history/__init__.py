"""History: readings in a hot log and a Delta table, decisions in a journal.

Writing: `telemetry` appends to the `hot_log` (acknowledged) and flushes closed segments to the `table`; `recovery` puts a table
right after a power loss; `maintenance` keeps it small. Reading: table plus hot log become `Rows`, and `frames` makes DataFrames of
them. `journal` keeps plans, recommendations and events in SQL.
"""
