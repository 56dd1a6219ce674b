"""The models of the first study, and checks of its settings."""
