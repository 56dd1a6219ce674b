"""Pages about a run: an overview, and all figures with their captions."""
