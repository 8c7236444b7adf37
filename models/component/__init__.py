"""Power of components: which rows teach, what is tried on top of the law, how sure the answer is, and what siblings share."""
