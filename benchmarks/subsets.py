"""Many small networks: side by side as a stack, and one after another.

The ratio is the time of trainings one after another over that of the same trainings in a stack,
batches and optimiser included; the networks get the same images. One after another is timed in both
layouts of memory and both precisions, and the fastest of them counts. The headline is the network
and the backend of the demo; beside it stand the other backend and a ResNet-18.
"""

import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "lib"))

import numpy as np
import torch
from _report import main, surroundings, timed

from invariance.jobs import device as devices
from invariance.subsets.settings import checked
from invariance.subsets.training import train
from invariance.training.resident import Resident

TARGET = 1.5
CLASSES, IMAGES = 24, 100  # source classes, and images of each
HEADLINE = "small-cnn groups"
SMALL = {"architecture": "small-cnn", "width": 12, "batch_size": 32}
NETWORKS = {
    "cpu": {
        "small-cnn": (SMALL, 16, 40),
        "resnet-18 of width 8": (
            {"architecture": "resnet-18", "width": 8, "blocks_per_stage": 1, "batch_size": 32},
            8,
            4,
        ),
    },
    "cuda": {
        "small-cnn": (SMALL, 16, 400),
        "resnet-18 of width 16": (
            {"architecture": "resnet-18", "width": 16, "batch_size": 256},
            16,
            50,
        ),
    },
}
WAYS = {  # backend, precision, channels_last
    "one after another, fp32": ("loop", "fp32", False),
    "one after another, bf16": ("loop", "bf16", True),
    "groups": ("groups", "bf16", True),
    "vmap": ("vmap", "fp32", False),
}


def make_source(device: torch.device) -> Resident:
    generator = torch.Generator().manual_seed(0)
    shape = (CLASSES * IMAGES, 3, 32, 32)
    images = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
    labels = torch.arange(len(images)) % CLASSES
    return Resident(images, labels, [0.5] * 3, [0.25] * 3, device=device)


def make_settings(network: dict, steps: int, way: tuple, models: int) -> dict:
    backend, precision, channels_last = way
    return checked(
        {
            "image_size": 32,
            "num_classes": CLASSES,
            "steps": steps,
            "fixed": "steps",
            "learning_rate": 5e-3,
            "precision": precision,
            "channels_last": channels_last,
            "mean": [0.5] * 3,
            "std": [0.25] * 3,
            "device": "auto",
            "stack": {"models": models, "backend": backend},
            **network,
        }
    )


def seconds_of(source: Resident, network: dict, models: int, steps: int, repeats: int) -> dict:
    """Seconds of every way, n times each, after one warm-up."""
    masks = np.random.default_rng(0).integers(0, 2, (models, CLASSES), dtype=np.uint8)
    seeds = list(range(models))

    def work(way: tuple):
        size = 1 if way[0] == "loop" else models
        settings = make_settings(network, steps, way, size)
        for start in range(0, models, size):
            part = slice(start, start + size)
            train(source, masks[part], seeds[part], settings)

    seconds = {name: [] for name in WAYS}
    for repeat in range(repeats + 1):
        for name in sorted(WAYS, reverse=bool(repeat % 2)):
            took = timed(source.device, lambda: work(WAYS[name]))  # noqa: B023
            if repeat:
                seconds[name].append(took)
    return seconds


def measure(arguments) -> dict:
    device = devices.resolve(arguments.device)
    ratios, details = {}, {}
    # One thread, as in a job: on a CPU several stacks are trained at the same time instead.
    threads = arguments.threads or 1
    with devices.session(device, threads):
        source = make_source(device)
        for name, (network, models, steps) in NETWORKS[device.type].items():
            seconds = seconds_of(source, network, models, steps, arguments.repeats)
            alone = [way for way in WAYS if WAYS[way][0] == "loop"]
            fastest = min(alone, key=lambda way: min(seconds[way]))
            for way in set(WAYS) - set(alone):
                pairs = zip(seconds[fastest], seconds[way], strict=True)
                ratios[f"{name} {way}"] = round(statistics.median(a / b for a, b in pairs), 3)
            images = models * steps * network["batch_size"]
            details[name] = {
                "models": models,
                "steps": steps,
                "batch_size": network["batch_size"],
                "fastest": fastest,
                "images_per_second": {
                    way: round(images / min(values)) for way, values in seconds.items()
                },
            }
    return {
        "benchmark": "subsets",
        "ratio": ratios[HEADLINE],
        "target": TARGET,
        "details": {
            "n": arguments.repeats,
            "ratios": dict(sorted(ratios.items())),
            **details,
            **surroundings(device, threads),
        },
    }


if __name__ == "__main__":
    main(measure, __doc__.splitlines()[0], "one after another / stacked, time")
