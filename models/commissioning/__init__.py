"""Where history has never moved a setpoint: bounded steps that teach most per degree of risk."""
