"""What the plant does: pure mathematics, arrays in and out, usable alone in a notebook."""
