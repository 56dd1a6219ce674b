"""Measures of a trained network: sensitivity, similarity of representations, twins."""
