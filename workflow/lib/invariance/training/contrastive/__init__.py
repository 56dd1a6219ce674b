"""Pretraining under views of whole images: MoCo, its supervised counterpart, and no training."""
