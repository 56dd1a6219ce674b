"""Tables of the measures of invariance of all studies' models."""
