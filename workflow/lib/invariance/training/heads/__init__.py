"""Linear heads: the features that they read, many trained at a time, the best epoch of each."""
