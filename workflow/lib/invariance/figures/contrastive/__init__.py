"""Figures of the study of learnt invariances: how invariant networks are, and what that costs."""
