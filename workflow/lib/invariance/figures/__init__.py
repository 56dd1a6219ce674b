"""Figures of the paper: each module draws one kind from a tidy table or from shards."""
