"""How people decide about recommendations: what is risky, how many have to agree, what they say."""
