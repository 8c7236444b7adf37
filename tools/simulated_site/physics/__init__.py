"""What the simulated plant does: one device law a file, none shared with `models`."""
