"""What a plan starts from: the present situation, the demand so far, the load to come, joined into its inputs."""
