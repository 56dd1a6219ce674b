"""Sensitivity: a whole scoring beside the bare forward passes it cannot do without.

The headline ratio is the time of passing as many images, held ready on the device, through the
network over the time of scoring: rendering twins of several transformations, both passes, and all
metrics. Beside it: several models scored in one job, which shares the images, and one by one.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "lib"))

import torch
from _report import main, surroundings, timed

from invariance import models
from invariance.jobs import device as devices
from invariance.measures import sensitivity, similarity
from transforms2d.base_images import BaseImages
from transforms2d.spec import DatasetSpec

TARGET = 0.8
MODELS = 3
SETS = ("translate", "hue")
NORMALISATION = {"mean": [0.5] * 3, "std": [0.5] * 3}
CPU = {"width": 8, "pairs": 256, "batch_size": 128, "precision": "fp32"}
CUDA = {"width": None, "pairs": 10_000, "batch_size": 2048, "precision": "bf16"}


def make_base() -> BaseImages:
    """Opaque squares of noise on noise; what they show does not change the time it takes."""
    generator = torch.Generator().manual_seed(0)
    objects = torch.zeros(30, 4, 32, 32, dtype=torch.uint8)
    noise = torch.randint(256, (30, 3, 22, 22), generator=generator, dtype=torch.uint8)
    objects[:, :3, 5:27, 5:27], objects[:, 3, 5:27, 5:27] = noise, 255
    backgrounds = torch.randint(256, (50, 3, 32, 32), generator=generator, dtype=torch.uint8)
    names = [f"object {kind:02}" for kind in range(30)]
    return BaseImages(objects, torch.arange(30), backgrounds, names, 32, "procedural")


def measure_seconds(options: dict, device: torch.device, repeats: int) -> dict:
    base = make_base()
    spec = DatasetSpec(split="test", samples=options["pairs"], seed=1, classes=tuple(range(30)))
    sets = {name: (spec, name) for name in SETS}
    settings = {
        "pairs": options["pairs"],
        "batch_size": options["batch_size"],
        "precision": options["precision"],
        "metrics": list(similarity.METRICS),
        "normaliser": "independent_pairs",
        "seed": 0,
        "device": device.type,
    }
    loaded = [
        (models.build("resnet-18", 30, seed=seed, width=options["width"]), NORMALISATION)
        for seed in range(MODELS)
    ]
    model = loaded[0][0].to(device).eval()
    x = torch.randn(options["batch_size"], 3, 32, 32, device=device)
    passes = 2 * len(SETS) * options["pairs"] // options["batch_size"]

    @torch.no_grad()
    def bare():
        for _ in range(passes):
            with devices.autocast(device, options["precision"]):
                model.represent(x)

    def render():
        for spec_, change in sets.values():
            for _ in sensitivity.render_pairs(spec_, change, base, None, settings, device):
                pass

    works = {
        "bare_forward": bare,
        "render": render,
        "score_one": lambda: sensitivity.score_sets(loaded[:1], sets, base, {}, settings),
        "score_shared": lambda: sensitivity.score_sets(loaded, sets, base, {}, settings),
        "score_apart": lambda: [
            sensitivity.score_sets([one], sets, base, {}, settings) for one in loaded
        ],
    }
    seconds = {name: [] for name in works}
    for repeat in range(repeats + 1):
        for name, work in works.items() if repeat % 2 else reversed(works.items()):
            took = timed(device, work)
            if repeat:
                seconds[name].append(took)
    return {name: min(values) for name, values in seconds.items()}


def measure(arguments) -> dict:
    device = devices.resolve(arguments.device)
    cuda = device.type == "cuda"
    options = dict(CUDA if cuda else CPU)
    with devices.session(device, arguments.threads):
        threads = torch.get_num_threads()
        seconds = measure_seconds(options, device, arguments.repeats)
    return {
        "benchmark": "sensitivity",
        "ratio": round(seconds["bare_forward"] / seconds["score_one"], 3),
        "target": TARGET,
        "details": {
            "settings": options,
            "sets": list(SETS),
            "models_shared": MODELS,
            "n": arguments.repeats,
            "seconds": {name: round(value, 4) for name, value in seconds.items()},
            "apart_over_shared": round(seconds["score_apart"] / seconds["score_shared"], 3),
            "pairs_per_second": round(len(SETS) * options["pairs"] / seconds["score_one"]),
            **surroundings(device, threads),
        },
    }


if __name__ == "__main__":
    main(measure, __doc__.splitlines()[0], "bare forward / scoring time")
