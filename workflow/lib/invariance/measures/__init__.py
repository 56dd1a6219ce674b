"""Measures of a trained network: sensitivity, whitened cosine, groups of views, readouts."""
