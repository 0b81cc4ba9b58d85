"""The command, the runs that it makes, their page."""
