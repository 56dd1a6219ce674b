"""Rendering: from a spec and a sample index to the image, label and latents."""
