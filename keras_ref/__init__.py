"""Keras next to tinydnn: the walkthrough's program in Keras, and the checks that both do the same."""
