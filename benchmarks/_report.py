"""What the benchmarks of probes and sensitivity share: options, a clock, surroundings, output."""

import argparse
import json
import platform
from collections.abc import Callable
from time import perf_counter

import torch

from invariance.jobs import device as devices


def timed(device: torch.device, work: Callable) -> float:
    """Seconds that some work took, what it started on the device included."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    started = perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return perf_counter() - started


def surroundings(device: torch.device, threads: int) -> dict:
    """Where it was measured, for ``details``; memory in MiB."""
    cuda = device.type == "cuda"
    return {
        "peak_memory_mb": devices.peak_memory_mb(device),
        "device": torch.cuda.get_device_name(device) if cuda else platform.machine(),
        "threads": threads,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def main(measure: Callable, description: str, headline: str) -> None:
    """Read the options, measure, and print one line of JSON or a few for people."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, help="CPU threads; torch's number by default")
    parser.add_argument("--repeats", type=int, default=3, help="timed runs of each kind")
    arguments = parser.parse_args()
    result = measure(arguments)
    if arguments.json:
        print(json.dumps(result))
        return
    print(f"{headline}: {result['ratio']} (target {result['target']})")
    for key, value in result["details"].items():
        print(f"  {key}: {value}")
