"""What a site would have drawn without an event of the grid, what it delivered, and what that is worth."""
