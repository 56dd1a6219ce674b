"""Export of models: weights, settings and a card."""
