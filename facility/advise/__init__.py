"""From plan to advice: recommendations, their review and what they save."""
