"""Models for others: weights, settings and a card."""
