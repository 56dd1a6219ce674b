"""The study of what views teach: its networks, fusions, groups of views, settings, checks."""
