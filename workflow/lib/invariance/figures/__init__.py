"""Figures of the paper: each module draws one kind of figure from a tidy table or from shards."""
