"""The `tinydnn` command, the runs that it makes, and their page."""
