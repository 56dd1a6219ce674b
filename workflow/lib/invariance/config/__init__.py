"""Settings and requests of a person: read strictly, checked as a whole, one line per mistake."""
