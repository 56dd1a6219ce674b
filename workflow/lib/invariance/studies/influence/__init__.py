"""The study of which source classes help or hurt a transfer: its draws, units, settings, checks."""
