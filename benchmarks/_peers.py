"""Transformations alone, drawn and applied, beside other libraries: uint8 RGB, one thread.

Each peer has the transformations it knows, with the ranges of Transforms-2D and the type it works
on: albumentations takes images one by one (height, width, channels), kornia a batch of float32
numbers with parameters of its own for each image, torchvision's v2 a batch of bytes, but with one
draw for all of it (what a coin decides is done to half of the images). The way from bytes and back
counts. Where two can interpolate alike they do;
scaling is bicubic with a wider kernel (antialiased) here and in the plain pipeline alone: others
take it bicubic (albumentations) or bilinear. What is not installed is said to be absent.

This renderer makes a new batch; ``overwriting`` is the same in the memory of the images given, as
datasets are rendered. Albumentations never writes there, but hands back the very image given where
its coin says no. What a training needs is a batch: ``albumentations_batch`` is the same calls and
then ``numpy.stack``.
"""

import importlib.util
import warnings
from collections.abc import Callable
from time import process_time

import numpy as np
import torch
from support import image_cases, reference_pipeline
from torch import Tensor

from transforms2d import apply, sample
from transforms2d.names import ALL

IMAGES = {32: 512, 224: 64}  # a round, by side in px
PLAIN_SHARE = 16  # a share of them is enough for the plain pipeline


def albumentations(side: int) -> dict[str, Callable]:
    import albumentations as A
    import cv2

    cv2.setNumThreads(1)
    share, erased, still = side / 32, round(14 * side / 32), (1, 1)
    kernel = 2 * (7 * side // 64) + 1
    half, nearest = {"p": 0.5}, {"interpolation": cv2.INTER_NEAREST, "p": 1}
    jitter = {"brightness": still, "contrast": still, "saturation": still, "hue": (0, 0), "p": 1}
    coarse = {"downscale": cv2.INTER_AREA, "upscale": cv2.INTER_NEAREST}
    hole = {"hole_height_range": (erased, erased), "hole_width_range": (erased, erased)}
    known = {
        "scale": A.Affine(scale=(0.4, 1.0), interpolation=cv2.INTER_CUBIC, p=1),
        "translate": A.Affine(
            translate_percent={"x": (-0.15, 0.15), "y": (-0.15, 0.15)}, **nearest
        ),
        "v_flip": A.VerticalFlip(**half),
        "h_flip": A.HorizontalFlip(**half),
        "rotate": A.Rotate(limit=(-180, 180), **nearest),
        "shear": A.Affine(shear={"x": (-50, 50), "y": (-50, 50)}, **nearest),
        "hue": A.HueSaturationValue((-90, 90), (0, 0), (0, 0), p=1),
        "brightness": A.ColorJitter(**jitter | {"brightness": (0, 2)}),
        "grayscale": A.ToGray(**half),
        "posterize": A.Posterize(num_bits=1, **half),
        "invert": A.InvertImg(**half),
        "sharpen": A.Sharpen(alpha=still, lightness=still, **half),
        "blur": A.GaussianBlur((kernel, kernel), (0.1 * share, 1.5 * share), p=1),
        "noise": A.GaussNoise(std_range=still, **half),
        "pixelate": A.Downscale((0.5, 0.5), interpolation_pair=coarse, **half),
        "elastic": A.ElasticTransform(alpha=75 * share**2, sigma=5 * share, **half),
        "erasing": A.CoarseDropout(num_holes_range=(1, 1), fill=0, **hole, **half),
        "contrast": A.ColorJitter(**jitter | {"contrast": (0, 2)}),
    }

    def each(transformation):
        return lambda images: [transformation(image=image) for image in images]

    return {name: each(transformation) for name, transformation in known.items()}


def torchvision(side: int) -> dict[str, Callable]:
    from torchvision.transforms import v2

    share = side / 32
    area = (round(14 * share) / side) ** 2
    bilinear = v2.InterpolationMode.BILINEAR
    always = {
        "scale": v2.RandomAffine(0, scale=(0.4, 1), interpolation=bilinear),
        "translate": v2.RandomAffine(0, translate=(0.15, 0.15)),
        "rotate": v2.RandomRotation(180),
        "shear": v2.RandomAffine(0, shear=(-50, 50, -50, 50)),
        "hue": v2.ColorJitter(hue=0.5),
        "brightness": v2.ColorJitter(brightness=(0, 2)),
        "blur": v2.GaussianBlur(2 * (7 * side // 64) + 1, (0.1 * share, 1.5 * share)),
        "contrast": v2.ColorJitter(contrast=(0, 2)),
    }
    on_half = {
        "v_flip": v2.RandomVerticalFlip(1),
        "h_flip": v2.RandomHorizontalFlip(1),
        "grayscale": v2.RandomGrayscale(1),
        "posterize": v2.RandomPosterize(1, 1),
        "invert": v2.RandomInvert(1),
        "sharpen": v2.RandomAdjustSharpness(7, 1),
        "elastic": v2.ElasticTransform(150.0 * share**2, 5.0 * share),
        "erasing": v2.RandomErasing(1, scale=(area, area), ratio=(1, 1)),
    }

    def half(transformation):
        return lambda images: transformation(images[: len(images) // 2])

    return always | {name: half(transformation) for name, transformation in on_half.items()}


def kornia(side: int) -> dict[str, Callable]:
    from kornia import augmentation as K

    share = side / 32
    area = (round(14 * share) / side) ** 2
    kernel = 2 * (7 * side // 64) + 1
    smooth = int(8 * 5 * share) // 2 * 2 + 1
    nearest, half = {"resample": "nearest", "p": 1.0}, {"p": 0.5}
    known = {
        "scale": K.RandomAffine(0.0, scale=(0.4, 1.0), p=1.0),
        "translate": K.RandomAffine(0.0, translate=(0.15, 0.15), **nearest),
        "v_flip": K.RandomVerticalFlip(**half),
        "h_flip": K.RandomHorizontalFlip(**half),
        "rotate": K.RandomRotation(180.0, **nearest),
        "shear": K.RandomAffine(0.0, shear=(-50.0, 50.0, -50.0, 50.0), **nearest),
        "hue": K.RandomHue((-0.5, 0.5), p=1.0),
        "brightness": K.RandomBrightness((0.0, 2.0), p=1.0),
        "grayscale": K.RandomGrayscale(**half),
        "posterize": K.RandomPosterize(1.0, **half),
        "invert": K.RandomInvert(**half),
        "sharpen": K.RandomSharpness((7.0, 7.0), **half),
        "blur": K.RandomGaussianBlur((kernel, kernel), (0.1 * share, 1.5 * share), p=1.0),
        "noise": K.RandomGaussianNoise(0.0, 1.0, **half),
        "elastic": K.RandomElasticTransform(
            (smooth, smooth), (5.0 * share, 5.0 * share), (75.0 * share, 75.0 * share), **half
        ),
        "erasing": K.RandomErasing((area, area), (1.0, 1.0), **half),
        "contrast": K.RandomContrast((0.0, 2.0), p=1.0),
    }

    def whole(transformation):
        def work(images):
            made = transformation(images.to(torch.float32).div_(255))
            return made.clamp_(0, 1).mul_(255).to(torch.uint8)

        return work

    return {name: whole(transformation) for name, transformation in known.items()}


PEERS = {"albumentations": albumentations, "torchvision": torchvision, "kornia": kornia}


def version(peer: str) -> str:
    """Of an installed library; "absent" where it is not."""
    return importlib.import_module(peer).__version__ if _installed(peer) else "absent"


def _installed(peer: str) -> bool:
    return importlib.util.find_spec(peer) is not None


def measure(side: int, rounds: int) -> dict[str, dict]:
    """For each transformation microseconds an image of each library, and peers over this one.

    All are timed in turn; the time is the median round's, the ratio the median of the rounds'.
    """
    images = image_cases.pictures(IMAGES[side], side)
    given = images.clone()
    plain = [image_cases.to_pil(image) for image in images[: len(images) // PLAIN_SHARE]]
    one_by_one = [np.ascontiguousarray(image.permute(1, 2, 0).numpy()) for image in images]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs
        peers = {name: build(side) for name, build in PEERS.items() if _installed(name)}
        table = {}
        for name in ALL:
            works = {"batched": (_batched(name, images), len(images))}
            works["overwriting"] = (_batched(name, given, overwrite=True), len(images))
            works["plain"] = (_plain(name, plain, side), len(plain))
            for peer, known in peers.items():
                theirs = one_by_one if peer == "albumentations" else images
                if name in known:
                    works[peer] = (_call(known[name], theirs), len(images))
                if peer == "albumentations" and name in known:
                    works[f"{peer}_batch"] = (_stacked(known[name], theirs), len(images))
            table[name] = _in_turn(works, rounds, lambda: given.copy_(images))
    return table


def _batched(name: str, images: Tensor, overwrite: bool = False) -> Callable:
    side = images.shape[-1]

    def work():
        drawn = sample(name, len(images), seed=1, image_size=side, channels=3, lazy=True)
        return apply(name, images, drawn, overwrite=overwrite)

    return work


def _plain(name: str, images: list, side: int) -> Callable:
    def work():
        for image in images:
            reference_pipeline.transform(name, image, reference_pipeline.draw(name, side))

    return work


def _call(work: Callable, images) -> Callable:
    return lambda: work(images)


def _stacked(work: Callable, images) -> Callable:
    return lambda: np.stack([result["image"] for result in work(images)])


def _in_turn(works: dict, rounds: int, restore: Callable) -> dict:
    taken = {name: [] for name in works}
    for turn in range(rounds):
        for name, (work, count) in works.items():
            work()  # the memory it needs is at hand then, whatever the one before it left
            if name == "overwriting":
                restore()
            torch.manual_seed(turn)  # the same coins for torch's
            started = process_time()
            work()
            taken[name].append((process_time() - started) * 1e6 / count)
    taken = {name: np.array(each) for name, each in taken.items()}
    row = {f"{name}_us": round(float(np.median(each)), 1) for name, each in taken.items()}
    for name in works:
        if name not in ("batched", "overwriting"):
            row[name] = round(float(np.median(taken[name] / taken["batched"])), 2)
    if "albumentations" in works:
        for peer in ("albumentations", "albumentations_batch"):
            ratios = taken[peer] / taken["overwriting"]
            row[f"{peer}_overwriting"] = round(float(np.median(ratios)), 2)
    return row
