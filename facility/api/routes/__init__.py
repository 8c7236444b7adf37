"""One module a topic: its routes and the shape of its answers."""
