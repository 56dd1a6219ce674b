"""Rendering on one thread: batched, beside a plain pipeline of one image at a time.

The plain pipeline is what a Dataset item costs: its parameters, the transformation with Pillow or
torchvision, the paste on a background, ToTensor and Normalize: ``reference_pipeline.py`` in
``tests/support``.
The batched one is ``Renderer.render``, which also draws classes and backgrounds and keeps latents,
and ``normalise``. Both are timed in turn in one process, on the same objects and backgrounds, in
processor time of that one thread; the fastest round of each counts, which is the one that other
work on the machine disturbed least.

The headline is the time for one image of each of the 18 transformations, plain over batched. On
CUDA it times single transformations with their parameters on the device instead.

With ``--peers`` it times transformations alone, at 32 and 224 px, beside the plain pipeline's and
those of other libraries (``_peers.py``; ``pip install -e '.[bench]'`` has them). Its headline is
the least ratio of albumentations as it is, one image at a time; ``ratio_batch`` is the least where
its results are stacked to a batch, as a training needs them.
"""

import argparse
import json
import platform
import sys
from pathlib import Path
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "lib"))

import _peers
import numpy as np
import PIL
import torch
import torchvision
from support import image_cases, reference_pipeline

from transforms2d import BaseImages, DatasetSpec, Renderer, apply, normalise, sample
from transforms2d.names import ALL
from transforms2d.rendering.composite import composite

TARGET = 20.0  # with ToTensor and Normalize
TARGET_BYTES = 10.0  # without them
TARGET_SINGLE = 4.0  # for each transformation alone
BATCH = 512  # images rendered and normalised at a time, as published
TARGET_CUDA = 1e6  # images/s
TARGET_PEER = 0.7  # of albumentations' speed at 224 px, for each transformation alone
TARGET_DATASET = 20.0  # s for 70,000 images of three transformations on two cores
TRIPLES = (
    ("rotate", "hue", "blur"),
    ("scale", "brightness", "elastic"),
    ("translate", "posterize", "noise"),
)


def base_images(n: int = 64) -> BaseImages:
    """Objects with soft edges in the middle of their canvas, and backgrounds."""
    small = image_cases.objects(n, size=22, seed=1)
    objects = torch.nn.functional.pad(small, (5, 5, 5, 5))
    return BaseImages(
        objects=objects,
        object_class=torch.arange(n),
        backgrounds=image_cases.pictures(n, seed=2),
        class_names=[f"object {kind}" for kind in range(n)],
        image_size=32,
        source="procedural",
    )


class Plain:
    """The pipeline of one image at a time, on images that are already in memory."""

    def __init__(self, base: BaseImages, names, n: int):
        self.objects = [image_cases.to_pil(image) for image in base.objects]
        self.backgrounds = [image_cases.to_pil(image) for image in base.backgrounds]
        self.names, self.n = names, n

    def image(self, i: int):
        image = self.objects[i % len(self.objects)]
        for name in self.names:
            image = reference_pipeline.transform(name, image, reference_pipeline.draw(name))
        out = self.backgrounds[i % len(self.backgrounds)].copy()
        out.paste(image, (0, 0), image)
        return out

    def images(self) -> None:
        torch.manual_seed(0)  # every round with the same coins
        for i in range(self.n):
            self.image(i)

    def inputs(self) -> None:
        torch.manual_seed(0)
        for i in range(self.n):
            reference_pipeline.to_input(self.image(i))


def timed(function, *arguments, clock=process_time):
    started = clock()
    result = function(*arguments)
    return clock() - started, result


def side_by_side(base: BaseImages, names, n: int, n_plain: int, repeats: int) -> dict:
    """Microseconds an image of both pipelines, up to bytes and up to the network's input."""
    spec = DatasetSpec("train", n, 0, classes=tuple(range(len(base.objects))), transforms=names)
    renderer, plain = Renderer(spec, base), Plain(base, names, n_plain)
    batches = [range(start, min(start + BATCH, n)) for start in range(0, n, BATCH)]

    def images():
        for batch in batches:
            renderer.render(batch)

    def inputs():
        for batch in batches:
            normalise(renderer.render(batch).images)

    images()
    # The batched pipeline is timed several times a round, as its rounds are shorter.
    plan = [("plain_bytes", plain.images, n_plain, 1), ("plain", plain.inputs, n_plain, 1)]
    plan += [("batched_bytes", images, n, 3), ("batched", inputs, n, 3)]
    fastest = dict.fromkeys((name for name, *_ in plan), np.inf)
    for _ in range(repeats):
        for name, function, count, times in plan:
            for _ in range(times):
                fastest[name] = min(fastest[name], timed(function)[0] * 1e6 / count)
    return fastest


def steps(base: BaseImages, name: str, n: int, repeats: int) -> dict:
    """Microseconds an image of the steps of a transformation, each alone in a warm cache."""
    n = min(n, 128)  # what the renderer works on at a time
    at = torch.arange(n) % len(base.objects)
    objects, backgrounds = base.objects[at], base.backgrounds[at]
    fastest = dict.fromkeys(("draw", "apply", "paste", "normalise"), np.inf)
    for _ in range(repeats):
        draw, parameters = timed(lambda: sample(name, n, seed=1))
        work, moved = timed(apply, name, objects, parameters)
        paste, images = timed(composite, moved, backgrounds)
        normalising, _ = timed(normalise, images)
        for step, seconds in zip(fastest, (draw, work, paste, normalising), strict=True):
            fastest[step] = min(fastest[step], seconds * 1e6 / n)
    return fastest


def dataset_seconds(base: BaseImages) -> float:
    """50,000 + 10,000 + 10,000 images of three transformations on two threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    spec = {"classes": tuple(range(30)), "transforms": TRIPLES[0]}
    sizes = {"train": 50_000, "val": 10_000, "test": 10_000}
    started = perf_counter()
    for split, samples in sizes.items():
        Renderer(DatasetSpec(split, samples, 0, **spec), base).render(range(samples))
    torch.set_num_threads(before)
    return perf_counter() - started


def rounded(values: dict, digits: int = 2) -> dict:
    return {key: round(float(value), digits) for key, value in values.items()}


def measure_cpu(arguments) -> dict:
    """The headline and its details; ``bytes`` means without ToTensor and Normalize, in both."""
    torch.set_num_threads(1)
    base = base_images()
    n, n_plain = arguments.images, arguments.plain_images
    whole_dataset = dataset_seconds(base)
    table, total = {}, {}
    for name in ALL:
        both = side_by_side(base, (name,), n, n_plain, arguments.repeats)
        each = both | steps(base, name, n, 8 * arguments.repeats)
        for key, value in each.items():
            total[key] = total.get(key, 0) + value
        table[name] = rounded(each) | ratios(both)
    triples = {}
    for names in TRIPLES:
        both = side_by_side(base, names, n, n_plain, arguments.repeats)
        triples[" ".join(names)] = rounded(both) | ratios(both)
    known = {key: total[key] for key in ("draw", "apply", "paste", "normalise")}
    rest = max(total["batched"] - sum(known.values()), 0)  # scene, gathering objects, latents
    shares = {key: value / total["batched"] for key, value in (known | {"rest": rest}).items()}
    all_ratios = ratios(total)
    return {
        "ratio": all_ratios["ratio"],
        "target": TARGET,
        "details": {
            "n": n,
            "n_plain": n_plain,
            "repeats": arguments.repeats,
            "clock": "processor time of the thread",
            "microseconds_one_image_of_each": rounded(total),
            "ratio_bytes": all_ratios["ratio_bytes"],
            "target_bytes": TARGET_BYTES,
            "least_single": min((row["ratio"], name) for name, row in table.items()),
            "least_single_bytes": min((row["ratio_bytes"], name) for name, row in table.items()),
            "target_single": TARGET_SINGLE,
            "share_of_time": rounded(shares, 3),
            "transformations": table,
            "triples": triples,
            "dataset_seconds_two_threads": round(whole_dataset, 2),
            "target_dataset_seconds": TARGET_DATASET,
        },
    }


def measure_peers(arguments) -> dict:
    """Beside other libraries; the ratio is the least of albumentations' at 224 px."""
    torch.set_num_threads(1)
    tables = {side: _peers.measure(side, arguments.repeats) for side in _peers.IMAGES}
    rows = tables[224]
    known, stacked = (
        {name: row[peer] for name, row in rows.items() if peer in row}
        for peer in ("albumentations", "albumentations_batch")
    )
    return {
        "ratio": min(known.values(), default=None),
        "target": TARGET_PEER,
        "details": {
            "n": arguments.repeats,
            "images": _peers.IMAGES,
            "clock": "processor time of the thread",
            "slowest": min(known, key=known.get, default=None),
            "ratio_batch": min(stacked.values(), default=None),
            "slowest_batch": min(stacked, key=stacked.get, default=None),
            "peers": {name: _peers.version(name) for name in _peers.PEERS},
        }
        | {f"peers_{side}": table for side, table in tables.items()},
    }


def ratios(microseconds: dict) -> dict:
    return {
        "ratio": round(microseconds["plain"] / microseconds["batched"], 2),
        "ratio_bytes": round(microseconds["plain_bytes"] / microseconds["batched_bytes"], 2),
    }


def measure_cuda(arguments) -> dict:
    """Images/s of one transformation and the paste, synchronised; parameters on the device."""
    base = base_images()
    at = torch.arange(arguments.images) % len(base.objects)
    objects, backgrounds = base.objects[at].cuda(), base.backgrounds[at].cuda()
    rates = {}
    for name in ALL:
        parameters = {k: v.cuda() for k, v in sample(name, len(at), seed=1).items()}

        def work(name=name, parameters=parameters):
            composite(apply(name, objects, parameters), backgrounds)
            torch.cuda.synchronize()

        work()
        rates[name] = len(at) / min(
            timed(work, clock=perf_counter)[0] for _ in range(3 * arguments.repeats)
        )
    slowest = min(rates, key=rates.get)
    return {
        "ratio": round(rates[slowest] / TARGET_CUDA, 2),
        "target": 1.0,
        "details": {
            "n": len(at),
            "repeats": 3 * arguments.repeats,
            "slowest": slowest,
            "images_per_second": rounded(rates, 0),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument(
        "--peers", action="store_true", help="beside other libraries instead, at 32 and 224 px"
    )
    parser.add_argument("--images", type=int, help="batched, a round; 1024, on CUDA 65536")
    parser.add_argument("--plain-images", type=int, default=128, help="plain, a round")
    parser.add_argument("--repeats", type=int, default=12, help="rounds")
    arguments = parser.parse_args()
    cuda = arguments.device == "cuda"
    arguments.images = arguments.images or (65536 if cuda else 1024)
    measure = measure_cuda if cuda else measure_peers if arguments.peers else measure_cpu
    result = measure(arguments)
    result = {"benchmark": "render", **result}
    result["details"] |= {
        "device": torch.cuda.get_device_name() if cuda else platform.machine(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "pillow": PIL.__version__,
    }
    if arguments.json:
        print(json.dumps(result))
        return
    what = "albumentations / batched, slowest at 224 px" if arguments.peers else "plain / batched"
    print(f"{what}: {result['ratio']} (target {result['target']})")
    for key, value in result["details"].items():
        if isinstance(value, dict) and all(isinstance(each, dict) for each in value.values()):
            print(f"  {key}:")
            for name, row in value.items():
                print(f"    {name:32s} " + "  ".join(f"{k} {v}" for k, v in row.items()))
        else:
            print(f"  {key}: {value}")


if __name__ == "__main__":
    main()
