"""Files: whole or not there, and read without trusting them."""
