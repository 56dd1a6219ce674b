"""The paper's numbers and claims, checked against the studies' tidy tables."""
