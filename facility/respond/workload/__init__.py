"""What a plan decides about servers and jobs, as commands of the scheduler that runs the work."""
