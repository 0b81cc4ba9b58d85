"""How a net is trained: the loop, and what runs a batch."""
