"""What `make run` starts: a simulated site behind real sockets, and the product run on it as a user would."""
