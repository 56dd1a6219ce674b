"""From models of subsets of the source classes to the influence of each class on a transfer."""
