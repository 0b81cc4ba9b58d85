"""Keras beside tinydnn: programs that run on both, and the checks that both compute the same."""
