"""What of a history may not be believed before anything is fitted to it, by name, with its time and what shows it."""
