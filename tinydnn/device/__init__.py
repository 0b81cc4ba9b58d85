"""Where it computes: NumPy or CuPy, threads, memory."""
