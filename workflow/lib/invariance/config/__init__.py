"""What a person asks for: settings read strictly, checked as a whole, one line per mistake."""
