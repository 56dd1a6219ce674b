"""Images to the representations of a trained network."""

from collections.abc import Mapping

import torch
from torch import Tensor

from invariance.jobs import device as devices
from invariance.training.resident import Resident


class Represent:
    """Maps uint8 images [n, 3, H, W] to representations, float32 [n, d], on the device.

    Parameters
    ----------
    model : Network
        Moved to ``device``; it stays in evaluation mode.
    settings : mapping
        Of the model: ``mean`` and ``std`` normalise inputs in 0 to 1; optionally ``channels_last``.
    device : torch.device
    precision : str
        ``fp32`` or ``bf16``.
    """

    def __init__(self, model, settings: Mapping, device: torch.device, precision: str):
        self.channels_last = bool(settings.get("channels_last", False))
        layout = devices.memory_format(self.channels_last)
        self.model = model.to(device, memory_format=layout).eval()
        self.mean, self.std = settings["mean"], settings["std"]
        self.device, self.precision = device, precision

    def __call__(self, images: Tensor, size: int | None = None) -> Tensor:
        """``size``: images per forward pass, by default all of them."""
        size = size or len(images)
        labels = torch.zeros(len(images), dtype=torch.int64)
        data = Resident(
            images,
            labels,
            self.mean,
            self.std,
            device=self.device,
            channels_last=self.channels_last,
        )
        rows = None
        if self.device.type == "cuda" and len(images) % size:
            # cuDNN times its kernels again for each batch size, so the last batch is filled up.
            rows = torch.arange(-(-len(images) // size) * size) % len(images)
        with devices.autocast(self.device, self.precision):
            parts = [self.model.represent(x).float() for x, _ in data.batches(size, rows)]
        return torch.cat(parts)[: len(images)]
