"""A training small enough for tests: images whose class shows in their colour, and its settings.

As a program it trains that case; the resume tests start it and kill it.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import torch

# Settings that build a network, and normalise its images.
NETWORK = {
    "architecture": "resnet-18",
    "width": 8,
    "blocks_per_stage": 1,
    "num_classes": 4,
    "init_seed": 0,
    "vit": "paper",
    "densenet_representation": "pooled",
    "densenet_growth": 32,
    "mean": [0.5, 0.5, 0.5],
    "std": [0.5, 0.5, 0.5],
    "image_size": 16,
}
SETTINGS = {
    **NETWORK,
    "shuffle_seed": 1,
    "epochs": 3,
    "batch_size": 64,
    "learning_rate": 1e-3,
    "weight_decay": 0.0,
    "schedule": "constant",
    "model_selection": "best_validation",
    "draws": "fixed",
    "precision": "fp32",
    "channels_last": False,
    "compile": False,
    "device": "cpu",
}


@dataclass
class Shard:
    images: torch.Tensor
    labels: torch.Tensor


def make_shard(samples: int, *, seed: int = 0, classes: int = 4, size: int = 16) -> Shard:
    """Noise, with a class-dependent level in the red channel."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, classes, (samples,), generator=generator)
    images = torch.randint(0, 256, (samples, 3, size, size), generator=generator).byte()
    images[:, 0] = images[:, 0] // 4 + (labels * 45).byte().view(-1, 1, 1)
    return Shard(images, labels)


def on_cpu(shard, mean=SETTINGS["mean"], std=SETTINGS["std"]):
    """The images of a shard as trainings read them."""
    from invariance.training.resident import Resident

    return Resident(shard.images, shard.labels, mean, std, device=torch.device("cpu"))


def main(folder: Path, epochs: int, selection: str, channels_last: bool) -> None:
    """Train in ``folder``: state/, metrics.jsonl and, at the end, model.safetensors."""
    from invariance import models
    from invariance.training import pretrain

    settings = SETTINGS | {
        "epochs": epochs,
        "model_selection": selection,
        "channels_last": channels_last,
    }
    done = pretrain.pretrain(
        settings,
        make_shard(300),
        make_shard(100, seed=1),
        make_shard(60, seed=2),
        state_dir=folder / "state",
        metrics_path=folder / "metrics.jsonl",
        threads=1,
    )
    models.save(folder / "model.safetensors", done.model, settings)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4] == "True")
