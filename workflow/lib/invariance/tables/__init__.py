"""Tables: their numbers and words from a study's tidy table, and one layout in four formats."""
