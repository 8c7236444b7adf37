"""From a recommendation to the plant: a second check apart from the planner, the writing, and the watch over what follows."""
