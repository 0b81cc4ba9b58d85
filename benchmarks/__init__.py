"""How long things take, on tinydnn and on its peers: scripts/benchmark.py runs all of it."""
