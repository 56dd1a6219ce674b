"""The models of the first study, and what they need of the settings."""
