"""How sure a prediction is: intervals that stay honest while the plant drifts, and how intervals are scored."""
