"""Transforms-2D: objects on backgrounds under controlled transformations, as a dataset library."""
