"""`python -m tinydnn` is the `tinydnn` command."""

from tinydnn.app.cli import main

main()
