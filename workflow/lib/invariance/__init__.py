"""Models, pretraining, probing, fine-tuning and sensitivity: the library of the studies."""

__version__ = "0.1.0"
