"""Base images from a hub: its lists of files, its cache, its tables, checked before use."""
