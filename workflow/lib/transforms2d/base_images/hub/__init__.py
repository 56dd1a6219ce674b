"""Base images from a hub: its listing, its cache, its tables, checked before use."""
