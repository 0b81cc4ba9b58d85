"""Files: a write replaces the whole file or changes nothing; a read trusts nothing that the file says."""
