"""Linear probes: on features computed once, beside epochs through the frozen network.

The headline ratio is the time of 200 epochs through the frozen ResNet-18 (an epoch is measured and
multiplied) over that of computing the features and training a head on them for 200 epochs. Beside
it: the test accuracy of both after the same few epochs, and eight probes trained as one stack
beside eight in turn and beside one.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "lib"))

import torch
import torch.nn.functional as F
from _report import main, surroundings, timed

from invariance import models
from invariance.jobs import device as devices
from invariance.training import features, linear_probe, optimisation, resident
from invariance.training.heads import stacked_heads
from invariance.training.heads.feature_set import FeatureSet

TARGET = 100
EPOCHS, COMPARED_EPOCHS, HEADS = 200, 8, 8
RATE, SEED = 1e-2, 0
CPU = {"width": 16, "samples": 1024, "batch_size": 512, "precision": "fp32", "classes": 10}
CUDA = {"width": None, "samples": 50_000, "batch_size": 512, "precision": "bf16", "classes": 30}
STACK = {"cpu": {"samples": 10_000, "epochs": 2}, "cuda": {"samples": 50_000, "epochs": 20}}


def make_images(samples: int, classes: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise on a colour of each class, so that there is something to learn."""
    colours = torch.randint(256, (classes, 3, 1, 1), generator=torch.Generator().manual_seed(9))
    pictures = colours.expand(-1, -1, 32, 32)
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (samples,), generator=generator)
    noise = torch.randint(256, (samples, 3, 32, 32), generator=generator)
    return ((pictures[labels] + noise) // 2).to(torch.uint8), labels


@torch.no_grad()
def settle_statistics(model, data: resident.Resident) -> None:
    """Running statistics that are the data's, as pretraining leaves them."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    for x, _ in data.batches(512):
        model.train()(x)


class ThroughTheNetwork:
    """The published way: a fresh head behind a frozen network that sees every image every epoch."""

    def __init__(self, model, data: resident.Resident, settings: dict):
        self.model, self.data, self.settings = model.eval(), data, settings
        weight, bias = stacked_heads.fresh_head(settings["classes"], model.head.in_features, SEED)
        self.head = torch.nn.Linear(*reversed(weight.shape)).to(data.device)
        with torch.no_grad():
            self.head.weight.copy_(weight)
            self.head.bias.copy_(bias)
        self.optimiser = optimisation.adam(self.head.parameters(), RATE)

    def epoch(self, number: int) -> None:
        rows = resident.order(SEED, number, len(self.data))
        for x, y in self.data.batches(self.settings["batch_size"], rows):
            with (
                torch.no_grad(),
                devices.autocast(self.data.device, self.settings["precision"]),
            ):
                inputs = self.model.head_input(x)
            self.optimiser.zero_grad(set_to_none=True)
            F.cross_entropy(self.head(inputs.float()), y).backward()
            self.optimiser.step()


def probe_settings(settings: dict, epochs: int, device: torch.device) -> dict:
    return {
        "epochs": epochs,
        "batch_size": settings["batch_size"],
        "learning_rate": RATE,
        "weight_decay": 0.0,
        "schedule": "constant",
        "model_selection": "last_epoch",
        "seed": SEED,
        "device": device.type,
    }


def head_of(found, settings: dict, epochs: int, device: torch.device) -> dict:
    how = probe_settings(settings, epochs, device)
    [(head, _)] = linear_probe.train_heads([found], how, device)
    return head


def cached_beside_network(settings: dict, device: torch.device, repeats: int) -> dict:
    classes, samples = settings["classes"], settings["samples"]
    model = models.build("resnet-18", classes, seed=1, width=settings["width"]).to(device)
    of_model = {"mean": [0.5] * 3, "std": [0.25] * 3}
    how = {key: settings[key] for key in ("batch_size", "precision")}
    images, labels = make_images(samples, classes, seed=1)
    others, truth = make_images(1000, classes, seed=2)
    data = resident.Resident(images, labels, **of_model, device=device)
    settle_statistics(model, data)
    found = {}

    def extract():
        found["train"] = features.extract(model, of_model, images, **how, device=device.type)

    def train():
        rows = FeatureSet({"train": found["train"]}, {"train": labels}, classes)
        head_of(rows, settings, EPOCHS, device)

    through = ThroughTheNetwork(model, data, settings)
    seconds = {"network_epoch": [], "extraction": [], "probe": []}
    for repeat in range(max(repeats, COMPARED_EPOCHS)):
        seconds["network_epoch"].append(timed(device, lambda: through.epoch(repeat)))  # noqa: B023
        if repeat == COMPARED_EPOCHS - 1:
            found["test"] = features.extract(model, of_model, others, **how, device=device.type)
            published = {"weight": through.head.weight.detach(), "bias": through.head.bias.detach()}
        if repeat < repeats:
            seconds["extraction"].append(timed(device, extract))
            seconds["probe"].append(timed(device, train))
    rows = FeatureSet(found, {"train": labels, "test": truth}, classes)
    accuracies = {
        name: 100
        * sum(linear_probe.evaluate(head, rows, "test", device)[0]["correct"])
        / len(truth)
        for name, head in (
            ("network", {key: value.cpu() for key, value in published.items()}),
            ("cached", head_of(rows, settings, COMPARED_EPOCHS, device)),
        )
    }
    best = {name: min(values) for name, values in seconds.items()}
    return {
        "ratio": EPOCHS * best["network_epoch"] / (best["extraction"] + best["probe"]),
        "seconds": {name: round(value, 4) for name, value in best.items()},
        "accuracy_percent_after_8_epochs": accuracies,
        "accuracy_difference_points": round(abs(accuracies["network"] - accuracies["cached"]), 3),
        "n": len(seconds["probe"]),
    }


def stacked_beside_single(settings: dict, device: torch.device, repeats: int) -> dict:
    """Eight heads as a stack, eight in turn, and one: 512 features, 30 classes."""
    size, classes = STACK[device.type], 30
    generator = torch.Generator().manual_seed(0)
    rows = [torch.randn(size["samples"], 512, generator=generator) for _ in range(HEADS)]
    labels = torch.randint(classes, (size["samples"],), generator=generator)
    sets = [FeatureSet({"train": x}, {"train": labels}, classes) for x in rows]
    how = probe_settings(settings, size["epochs"], device)

    def together():
        linear_probe.train_heads(sets, how, device)

    def in_turn():
        for one in sets:
            linear_probe.train_heads([one], how, device)

    def single():
        linear_probe.train_heads(sets[:1], how, device)

    works = {"eight_stacked": together, "eight_in_turn": in_turn, "one": single}
    seconds = {name: [] for name in works}
    for repeat in range(repeats + 1):
        for name in sorted(works, reverse=bool(repeat % 2)):
            took = timed(device, works[name])
            if repeat:
                seconds[name].append(took)
    best = {name: min(values) for name, values in seconds.items()}
    return {
        "in_turn_over_stacked": round(best["eight_in_turn"] / best["eight_stacked"], 3),
        "stacked_over_one": round(best["eight_stacked"] / best["one"], 3),
        "seconds": {name: round(value, 4) for name, value in best.items()},
        "n": repeats,
        **size,
    }


def measure(arguments) -> dict:
    device = devices.resolve(arguments.device)
    cuda = device.type == "cuda"
    settings = dict(CUDA if cuda else CPU)
    with devices.session(device, arguments.threads):
        threads = torch.get_num_threads()
        cached = cached_beside_network(settings, device, arguments.repeats)
        stacked = stacked_beside_single(settings, device, arguments.repeats)
    ratio = cached.pop("ratio")
    return {
        "benchmark": "probe",
        "ratio": round(ratio, 1),
        "target": TARGET,
        "details": {
            "settings": settings,
            "epochs": EPOCHS,
            **cached,
            "stack": stacked,
            **surroundings(device, threads),
        },
    }


if __name__ == "__main__":
    main(measure, __doc__.splitlines()[0], "200 epochs, network / cached features")
