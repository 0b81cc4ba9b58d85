"""`python -m tinydnn` is the `tinydnn` command."""

from tinydnn.cli import main

main()
