"""From a spec and the index of a sample to its image, label and latents."""
