"""Datasets as files: self-verifying shards, and exports."""
