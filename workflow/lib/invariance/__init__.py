"""Models, pretraining, probing, fine-tuning and sensitivity: the studies of invariance in transfer."""
