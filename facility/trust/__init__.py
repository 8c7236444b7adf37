"""Which readings cannot be believed: found in history, against neighbours and physics, each with its evidence."""
