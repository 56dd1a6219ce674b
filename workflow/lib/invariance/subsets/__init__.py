"""Many small networks, each trained on a subset of the source classes, and their transfer."""
