"""What results are made of, and whether files are of what is asked for."""
