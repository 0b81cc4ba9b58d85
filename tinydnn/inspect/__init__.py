"""Looking inside a training: every tensor of a step, what is wrong with a step, what the layers do."""
