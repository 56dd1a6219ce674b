"""What a fitted head can read from frozen features: latents, classes, fused representations."""
