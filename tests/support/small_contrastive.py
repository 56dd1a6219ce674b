"""A pretraining under views that is small enough for tests, and plain views for it.

As a program it trains that case; the resume tests start it and kill it.
"""

import sys
from pathlib import Path

import torch
from support.small_training import NETWORK, make_shard
from torch import Tensor

from transforms2d import seeds

UNTRAINED = {
    **NETWORK,
    "objective": "none",
    "shuffle_seed": 1,
    "precision": "fp32",
    "channels_last": False,
    "device": "cpu",
}
SUPERVISED = {
    **UNTRAINED,
    "objective": "supervised",
    "views": {"name": "moved and lit"},
    "epochs": 3,
    "batch_size": 16,
    "learning_rate": 0.06,
    "weight_decay": 5e-4,
    "schedule": "cosine_by_step",
    "monitor": True,
}
MOCO = {
    **SUPERVISED,
    "objective": "moco",
    "dimension": 8,
    "queue": 40,
    "key_momentum": 0.9,
    "temperature": 0.2,
    "norm_splits": 2,
}
OBJECTIVES = {"moco": MOCO, "supervised": SUPERVISED, "none": UNTRAINED}


def moved_and_lit(images: Tensor, indices: Tensor, draw: int) -> Tensor:
    """Every image moved by up to 2 pixels, and darker or brighter: uint8 [n, 3, H, W]."""
    drawn = torch.from_numpy(seeds.uniform(5, f"small views/{draw}", indices.numpy(), 3)).float()
    moves = (drawn[:, :2] * 5).long() - 2  # [n, 2], -2 to 2
    moved = [
        torch.roll(image, move, (1, 2)) for image, move in zip(images, moves.tolist(), strict=True)
    ]
    light = 0.6 + 0.8 * drawn[:, 2].view(-1, 1, 1, 1)  # [n, 1, 1, 1], 0.6 to 1.4
    return (torch.stack(moved) * light).clamp(0, 255).byte()


def pretrain(settings: dict, folder: Path, *, images: int = 90, views=moved_and_lit):
    """Pretrain in ``folder``: state/ and metrics.jsonl; returns what ``pretrain`` does."""
    from invariance.training.contrastive.pretrain import pretrain

    return pretrain(
        settings,
        make_shard(images),
        make_shard(30, seed=1),
        None if settings["objective"] == "none" else views,
        state_dir=folder / "state",
        metrics_path=folder / "metrics.jsonl",
        threads=1,
    )


def main(folder: Path, objective: str, epochs: int) -> None:
    """Train in ``folder``, and write model.safetensors at the end."""
    from invariance import models

    settings = {**OBJECTIVES[objective], "epochs": epochs}
    done = pretrain(settings, folder, images=300)
    models.save(folder / "model.safetensors", done.model, settings)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
