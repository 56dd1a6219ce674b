"""Images too large to be worked on together: the same results, at a cost in proportion."""

import numpy as np
import pytest
import torch
from support import image_cases
from support.reference_images import assert_close, reference

from transforms2d import apply, sample
from transforms2d.names import ALL
from transforms2d.protocol import PRESETS
from transforms2d.transformations import TRANSFORMATIONS, blur, chunks
from transforms2d.transformations.large.integer_ratio import integer_ratios
from transforms2d.transformations.resizing import pixelate, scale

SIDES = [(224, 224), (97, 61)]
ONE_AT_A_TIME = [name for name in ALL if TRANSFORMATIONS[name].apply_large] + ["scale"]
sides_named = pytest.mark.parametrize("sides", SIDES, ids="{0[0]}x{0[1]}".format)


def images(channels: int, n: int, sides: tuple[int, int]) -> torch.Tensor:
    kind = image_cases.objects if channels == 4 else image_cases.pictures
    if sides[0] == sides[1]:
        return kind(8, sides[0], seed=3)[-n:]
    return image_cases.rectangles(kind, 8, *sides, seed=3)[-n:]


@sides_named
@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", ALL)
def test_agrees_with_the_reference(name, channels, preset, sides):
    protocol = PRESETS[preset]
    given = images(channels, 6, sides)
    drawn = sample(name, 6, seed=2, image_size=sides, channels=channels, protocol=protocol)
    found = apply(name, given, drawn, protocol)
    assert_close(name, found, reference(name, given, drawn, protocol))


@sides_named
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", ALL)
def test_bits_do_not_depend_on_batch_order_chunks_or_threads(name, channels, sides, monkeypatch):
    given = images(channels, 5, sides)
    drawn = sample(name, 5, seed=4, image_size=sides, channels=channels)
    whole, before = apply(name, given, drawn), torch.get_num_threads()
    order = torch.tensor([3, 0, 4, 3])
    some = apply(name, given[order], {key: value[order] for key, value in drawn.items()})
    assert torch.equal(some, whole[order])
    for pixels, threads in ((1, 1), (1 << 20, 3)):
        monkeypatch.setitem(chunks._CHUNK_PIXELS, "cpu", pixels)
        torch.set_num_threads(threads)
        try:
            assert torch.equal(apply(name, given, drawn), whole)
        finally:
            torch.set_num_threads(before)


@pytest.mark.parametrize("sides", [*SIDES, (32, 32), (20, 33)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", ONE_AT_A_TIME)
def test_one_at_a_time_and_together_are_the_same(name, channels, preset, sides, monkeypatch):
    protocol, given = PRESETS[preset], images(channels, 6, sides)
    drawn = sample(name, 6, seed=5, image_size=sides, channels=channels, protocol=protocol)
    made = []
    for largest in (1, 1000):
        for module in (scale, pixelate, chunks):
            monkeypatch.setattr(module, "LARGEST_TOGETHER", largest)
        made.append(apply(name, given, drawn, protocol))
    assert torch.equal(*made)


@sides_named
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", ALL)
def test_images_are_written_only_where_that_is_allowed(name, channels, sides):
    given = images(channels, 6, sides)
    drawn, kept = sample(name, 6, seed=6, image_size=sides, channels=channels), given.clone()
    made = apply(name, given, drawn)
    assert torch.equal(given, kept)
    assert made.data_ptr() != given.data_ptr()
    over = apply(name, given, drawn, overwrite=True)
    assert torch.equal(over, made)
    assert (over.data_ptr() == given.data_ptr()) == bool(TRANSFORMATIONS[name].apply_large)


def test_hue_of_every_colour_is_the_same_alone(monkeypatch):
    values = torch.arange(256, dtype=torch.uint8)
    # Every step of 3, and all of one of the channels: 1.9 million colours
    steps = [values[::3], values[::3], values]
    every = torch.stack(torch.meshgrid(*steps, indexing="ij")).view(1, 3, 86, -1)
    drawn = {"hue_turns": torch.tensor([-0.31])}
    alone = apply("hue", every, drawn)
    monkeypatch.setattr(chunks, "LARGEST_TOGETHER", 1 << 20)
    assert torch.equal(apply("hue", every, drawn), alone)


def test_whole_fractions_brighten_as_floats_do():
    """Factors at and beside fractions, where rounding decides, and far outside what is drawn."""
    fractions = np.array([p / q for q in range(1, 256, 3) for p in range(1, 2 * q, 7)], np.float32)
    factors = [fractions, np.nextafter(fractions, 0), np.nextafter(fractions, 9)]
    factors = np.concatenate([*factors, np.float32([-1, 0, 2, 3.7, 255, 1e30])])
    known, inexact = np.arange(256, dtype=np.uint8), 0
    wide, largest = np.empty((1, 256), np.uint16), np.full(256, 255, np.uint16)
    for factor, ratio in zip(factors, integer_ratios(factors.astype(np.float64)), strict=True):
        values = known.copy()
        ratio.multiply_(values[None], wide, largest)
        by_float = np.clip(known.astype(np.float32) * factor, 0, 255).astype(np.uint8)
        assert np.array_equal(values, by_float)
        inexact += not ratio.exact
    assert 0 < inexact < 0.05 * len(factors)  # both ways are taken


def test_gray_of_every_colour_is_the_same_alone(monkeypatch):
    values = torch.arange(256, dtype=torch.uint8)
    for red in range(0, 256, 17):
        every = torch.stack(torch.meshgrid(values[red : red + 1], values, values, indexing="ij"))
        every = every.view(1, 3, 256, 256)
        drawn = {"applied": torch.ones(1, dtype=torch.bool)}
        alone = apply("grayscale", every, drawn)
        with monkeypatch.context() as patched:
            patched.setattr(chunks, "LARGEST_TOGETHER", 1000)
            assert torch.equal(apply("grayscale", every, drawn), alone)


@pytest.mark.parametrize("factor", [0.01, 0.4, 0.999, 1.0, 1.3, 40.0])
@pytest.mark.parametrize("channels", [3, 4])
def test_any_factor_scales_alike_one_at_a_time(factor, channels, monkeypatch):
    given = images(channels, 3, (97, 61))
    drawn = {"factor": torch.full((3,), factor)}
    alone = apply("scale", given, drawn)
    monkeypatch.setattr(scale, "LARGEST_TOGETHER", 1000)
    assert torch.equal(apply("scale", given, drawn), alone)


@pytest.mark.parametrize("far", [(-500, 3), (30, -500), (96, 60), (-97, 0), (2**40, 0)])
def test_a_large_image_may_leave_its_canvas(far, monkeypatch):
    given = images(4, 2, (61, 97))
    drawn = {key: torch.full((2,), by) for key, by in zip(("shift_x", "shift_y"), far, strict=True)}
    alone = apply("translate", given, drawn)
    monkeypatch.setattr(chunks, "LARGEST_TOGETHER", 1000)
    assert torch.equal(apply("translate", given, drawn), alone)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("sides", [(96, 224), (224, 96), (32, 32)], ids="{0[0]}x{0[1]}".format)
def test_halves_in_pairs_of_bytes_are_means_over_boxes(sides, channels):
    """Also where memory starts at an odd byte."""
    given = images(channels, 3, sides)
    odd = torch.cat([given.new_zeros(1), given.flatten()])[1:].view(given.shape)
    drawn = {"applied": torch.ones(3, dtype=torch.bool)}
    assert odd.storage_offset() == 1
    assert torch.equal(apply("pixelate", odd, drawn), apply("pixelate", given, drawn))


def exact_blur(image: np.ndarray, sigma: float, radius: int) -> np.ndarray:
    """One channel in whole numbers, of steps of 2**-13, 2**-3 and 2**-16."""
    offset = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * (offset / sigma) ** 2)
    weights = np.rint(weights / weights.sum() * 2**13).astype(np.int64)
    weights[radius] += 2**13 - weights.sum()

    def along_rows(values):
        padded = np.pad(values, ((0, 0), (radius, radius)), mode="reflect")
        windows = np.lib.stride_tricks.sliding_window_view(padded, len(weights), axis=1)
        return windows @ weights

    half = along_rows(image.astype(np.int64) - 128)
    half = np.rint(half / 2**10).astype(np.int64)  # ties to even
    return (along_rows(half.T).T + 128 * 2**16 + 2**15) >> 16


@pytest.mark.parametrize("sides", [*SIDES, (40, 300), (50, 37)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("channels", [3, 4])
def test_large_blur_is_exact_in_whole_numbers(channels, sides):
    given = torch.from_numpy(
        np.random.default_rng(0).choice([0, 1, 128, 254, 255], (4, channels, *sides))
    ).to(torch.uint8)
    sigma = torch.tensor([0.05, 0.9, 2.7, 40.0])
    found = apply("blur", given, {"sigma_px": sigma})
    radius = blur.blur_kernel_size(min(sides)) // 2
    for image, out, each in zip(given, found, sigma.tolist(), strict=True):
        for before, after in zip(image.numpy(), out.numpy(), strict=True):
            assert np.array_equal(after, exact_blur(before, each, radius))


def test_weights_of_blur_grow_with_the_side_not_with_its_square(monkeypatch):
    sizes, convolve = {}, blur.conv2d

    def recorded(values, kernel, **arguments):
        sizes[side].append(kernel.numel())
        return convolve(values, kernel, **arguments)

    monkeypatch.setattr(blur, "conv2d", recorded)
    for side in (112, 224, 448):
        sizes[side] = []
        given = torch.zeros(1, 3, side, side, dtype=torch.uint8)
        apply("blur", given, {"sigma_px": torch.tensor([1.5 * side / 32])})
    assert sizes[224] and max(sizes[224]) <= 2.2 * max(sizes[112])
    assert max(sizes[448]) <= 2.2 * max(sizes[224])


def test_weights_of_scaling_grow_with_the_side_not_with_its_square():
    count = {side: len(scale._scaling(side, side // 2).weights) for side in (112, 224, 896)}
    assert count[224] <= 2.1 * count[112] and count[896] <= 4.2 * count[224]
