"""What a GPU makes of tinydnn: whether it computes right, how fast, and why; scripts/gpu.py runs all of it."""
