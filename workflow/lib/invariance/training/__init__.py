"""From datasets to trained networks and heads: pretraining, frozen features, linear probes, and
full fine-tuning."""
