"""Pages of a run: overview, figures with captions, scorecard, time and memory."""
