"""From the measures of invariance of all studies' models to axes, and to their agreement."""
