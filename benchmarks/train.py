"""Training throughput: the pretraining loop beside a bare loop of the same network.

The bare loop has no data path: it trains on one float batch that lies on the device. Both train the
same weights in one process, a short epoch of each in turn, in alternating order. The headline ratio
is the median over neighbouring pairs, in which a busy machine slows both alike; the ratios of the
fastest and of the median epochs stand beside it.

On CUDA it also times the published ResNet-18 workload from start to end: 50 epochs of 50,000 images
with validation on 10,000, resume states and, where asked for, compilation.
"""

import argparse
import json
import platform
import statistics
import sys
import tempfile
from itertools import count
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "lib"))

import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from invariance import models
from invariance.jobs import device as devices
from invariance.training import optimisation, pretrain, resident
from invariance.training.steps import classify, train_epoch

TARGET = 0.95
CLASSES = 30
# Dense bfloat16 peaks in FLOP/s from the makers' data sheets, by part of the card's name.
BF16_PEAKS = {
    "H100 PCIe": 756e12,
    "H100": 989e12,
    "H200": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "A40": 150e12,
}
CPU = {"width": 16, "batch_size": 128, "precision": "fp32", "channels_last": False}
CUDA = {"width": None, "batch_size": 512, "precision": "bf16", "channels_last": True}


def make_settings(device: torch.device, compiled: bool, epochs: int) -> dict:
    return {
        "architecture": "resnet-18",
        "num_classes": CLASSES,
        "init_seed": 0,
        "shuffle_seed": 0,
        "epochs": epochs,
        "learning_rate": 1e-3,
        "weight_decay": 0.0,
        "schedule": "constant",
        "model_selection": "best_validation",
        "draws": "fixed",
        "vit": "paper",
        "densenet_representation": "pooled",
        "densenet_growth": 32,
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
        "image_size": 32,
        "compile": compiled,
        "device": device.type,
        **(CUDA if device.type == "cuda" else CPU),
    }


def make_shard(samples: int, seed: int) -> SimpleNamespace:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (samples, 3, 32, 32), generator=generator, dtype=torch.uint8)
    labels = torch.randint(0, CLASSES, (samples,), generator=generator)
    return SimpleNamespace(images=images, labels=labels)


def make_network(settings: dict, device: torch.device):
    model = models.from_settings({"width": None, "blocks_per_stage": None, **settings})
    model = model.to(device, memory_format=devices.memory_format(settings["channels_last"]))
    forward = torch.compile(model, dynamic=False) if settings["compile"] else model
    return forward, optimisation.adam(model.parameters(), 1e-3)


def synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def bare_epoch(forward, optimiser, x, y, steps: int, settings: dict) -> None:
    forward.train()
    for _ in range(steps):
        optimiser.zero_grad(set_to_none=True)
        with devices.autocast(x.device, settings["precision"]):
            loss = F.cross_entropy(forward(x), y)
        loss.backward()
        optimiser.step()


def side_by_side(settings: dict, device: torch.device, steps: int, repeats: int) -> dict:
    """Seconds an epoch of both loops, after one warm-up epoch of each."""
    size = settings["batch_size"]
    shard = make_shard(steps * size, seed=0)
    data = resident.Resident(
        shard.images,
        shard.labels,
        settings["mean"],
        settings["std"],
        device=device,
        channels_last=settings["channels_last"],
    )
    forward, optimiser = make_network(settings, device)
    layout = devices.memory_format(settings["channels_last"])
    x = torch.randn(size, 3, 32, 32, device=device).contiguous(memory_format=layout)
    y = torch.randint(0, CLASSES, (size,), device=device)
    epochs, step = count(), classify(forward)

    def loop():
        train_epoch(forward, optimiser, data, settings, next(epochs), step)

    def bare():
        bare_epoch(forward, optimiser, x, y, steps, settings)

    seconds = {"loop": [], "bare": []}
    for repeat in range(repeats + 1):
        pair = [("loop", loop), ("bare", bare)]
        for name, run in pair if repeat % 2 else reversed(pair):
            synchronise(device)
            started = perf_counter()
            run()
            synchronise(device)
            if repeat:
                seconds[name].append(perf_counter() - started)
    return seconds


def training_flops(settings: dict) -> float:
    """FLOPs of one forward and backward pass of one image, multiplications and additions apart."""
    model = models.from_settings({"width": None, "blocks_per_stage": None, **settings})
    counter = FlopCounterMode(display=False)
    with counter:
        model(torch.zeros(2, 3, 32, 32)).sum().backward()
    return counter.get_total_flops() / 2


def published_workload(settings: dict, samples: int) -> dict:
    """The whole of a pretraining as a job runs it, in seconds."""
    train, val = make_shard(samples, seed=1), make_shard(samples // 5, seed=2)
    with tempfile.TemporaryDirectory() as folder:
        started = perf_counter()
        done = pretrain.pretrain(
            settings, train, val, val, state_dir=f"{folder}/state", metrics_path=f"{folder}/metrics"
        )
        seconds = perf_counter() - started
    return {
        "epochs": settings["epochs"],
        "samples": samples,
        "seconds": round(seconds, 2),
        "training_images_per_second": round(done.record["images_per_second"]),
    }


def measure(arguments) -> dict:
    device = devices.resolve(arguments.device)
    cuda = device.type == "cuda"
    settings = make_settings(device, arguments.compile, arguments.epochs)
    steps = arguments.steps or (98 if cuda else 2)
    repeats = arguments.repeats or (8 if cuda else 30)
    with devices.session(device, arguments.threads):
        threads = torch.get_num_threads()
        seconds = side_by_side(settings, device, steps, repeats)
    images = steps * settings["batch_size"]
    pairs = zip(seconds["bare"], seconds["loop"], strict=True)
    loop, bare = (statistics.median(seconds[name]) for name in ("loop", "bare"))
    details = {
        "n": repeats,
        "images_per_epoch": images,
        "settings": {k: settings[k] for k in (*CPU, "compile", "architecture")},
        "ratio_of_fastest": round(min(seconds["bare"]) / min(seconds["loop"]), 4),
        "ratio_of_medians": round(bare / loop, 4),
        "loop_images_per_second": round(images / loop),
        "bare_images_per_second": round(images / bare),
        "loop_seconds_least_most": [round(f(seconds["loop"]), 4) for f in (min, max)],
        "bare_seconds_least_most": [round(f(seconds["bare"]), 4) for f in (min, max)],
    }
    if cuda:
        work = published_workload(settings, arguments.samples)
        name = torch.cuda.get_device_name(device)
        flops = training_flops(settings)
        achieved = flops * details["loop_images_per_second"]
        peak = next((peak for part, peak in BF16_PEAKS.items() if part in name), None)
        details |= {
            "published_workload": work,
            "training_gflop_per_image": round(flops / 1e9, 3),
            "tflop_per_second": round(achieved / 1e12, 1),
            "share_of_bf16_peak": round(achieved / peak, 3) if peak else None,
        }
    details |= {
        "peak_memory_mb": devices.peak_memory_mb(device),
        "device": torch.cuda.get_device_name(device) if cuda else platform.machine(),
        "threads": threads,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    return {
        "benchmark": "train",
        "ratio": round(statistics.median(b / a for b, a in pairs), 4),
        "target": TARGET,
        "details": details,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, help="CPU threads; torch's number by default")
    parser.add_argument("--repeats", type=int, help="timed epochs a loop; 30, on CUDA 8")
    parser.add_argument("--steps", type=int, help="batches an epoch; 2, on CUDA 98")
    parser.add_argument("--compile", action="store_true", help="torch.compile, in both loops")
    parser.add_argument("--epochs", type=int, default=50, help="of the workload on CUDA")
    parser.add_argument("--samples", type=int, default=50_000, help="of the workload on CUDA")
    arguments = parser.parse_args()
    result = measure(arguments)
    if arguments.json:
        print(json.dumps(result))
        return
    print(f"loop / bare throughput: {result['ratio']:.3f} (target {result['target']})")
    for key, value in result["details"].items():
        print(f"  {key}: {value}")


if __name__ == "__main__":
    main()
