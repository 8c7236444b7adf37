"""Tools for developers: simulated sites, benchmarks, the demo. Not in the wheel."""
