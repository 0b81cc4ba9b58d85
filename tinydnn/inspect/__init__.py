"""Looking inside: every tensor of a step, what is wrong with one, what layers do."""
