"""Tables of the paper: numbers from a study's tidy table, and their layout in four formats."""
