"""Datasets as files: shards that verify themselves, and exports for others."""
