"""Models, pretraining, probing, fine-tuning and sensitivity: the engine of the studies."""

__version__ = "0.1.0"
