"""Models, pretraining, probing, fine-tuning and sensitivity: the engine of the studies."""
