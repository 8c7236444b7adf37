"""Changes of regime: when a plant became another one, found from a series and dated."""
