"""What the next hour brings: temperatures that follow their steady answer, and how far off such a forecast has been."""
