"""Figures of the study of source classes: their influence, its reliability, and its use."""
