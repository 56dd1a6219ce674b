"""Ways to compute several networks of one architecture at a time."""
