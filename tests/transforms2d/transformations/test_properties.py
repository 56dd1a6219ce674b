"""What must hold for any images: identities, involutions, alpha, independence of the batch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support import image_cases

from transforms2d import UserError, apply, apply_list, preset, sample, sample_list
from transforms2d.names import ALL, PHOTOMETRIC
from transforms2d.protocol import PRESETS
from transforms2d.transformations import chunks

SIZES = st.sampled_from([8, 9, 16, 27, 32, 50])
KEEP_ALPHA = (*PHOTOMETRIC, "noise", "contrast")
some = settings(deadline=None, max_examples=25)


@st.composite
def batches(draw, channels=(3, 4)):
    """Images of any content, size, number and mode."""
    sides = draw(st.one_of(SIZES.map(lambda side: (side, side)), st.tuples(SIZES, SIZES)))
    shape = (draw(st.integers(1, 6)), draw(st.sampled_from(channels)), *sides)
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    images = generator.integers(0, 256, shape, dtype=np.uint8)
    if shape[1] == 4 and draw(st.booleans()):
        hidden = generator.random((shape[0], 1, *shape[2:])) < 0.5
        images = np.where(hidden, 0, images)
    return torch.from_numpy(images)


def always(n: int) -> dict:
    return {"applied": torch.ones(n, dtype=torch.bool)}


@some
@given(images=batches())
def test_none_is_the_identity(images):
    out = apply("none", images, sample("none", len(images)))
    assert torch.equal(out, images) and out.data_ptr() != images.data_ptr()
    assert torch.equal(apply_list(images, {}), images)


@some
@given(images=batches(), name=st.sampled_from(["v_flip", "h_flip", "invert"]))
def test_flips_and_invert_undo_themselves(images, name):
    once = apply(name, images, always(len(images)))
    assert torch.equal(apply(name, once, always(len(images))), images)


@some
@given(images=batches())
def test_flips_move_every_pixel_to_its_mirror_image(images):
    assert torch.equal(apply("v_flip", images, always(len(images))), images.flip(2))
    assert torch.equal(apply("h_flip", images, always(len(images))), images.flip(3))


@some
@given(
    images=batches(),
    case=st.sampled_from(
        [
            ("rotate", {"angle_deg": 0.0}),
            ("rotate", {"angle_deg": 360.0}),
            ("scale", {"factor": 1.0}),
            ("translate", {"shift_x": 0, "shift_y": 0}),
            ("shear", {"shear_x_deg": 0.0, "shear_y_deg": 0.0}),
            ("brightness", {"factor": 1.0}),
            ("contrast", {"factor": 1.0}),
            ("blur", {"sigma_px": 0.05}),
        ]
    ),
)
def test_neutral_parameters_are_the_identity(images, case):
    name, values = case
    parameters = {key: torch.full((len(images),), value) for key, value in values.items()}
    assert torch.equal(apply(name, images, parameters), images)


@some
@given(images=batches())
def test_resting_fields_are_the_identity(images):
    n, _, height, width = images.shape
    still = {"displacement": torch.zeros(n, height, width, 2), **always(n)}
    silent = {"noise": torch.zeros(n, 3, height, width), **always(n)}
    assert torch.equal(apply("elastic", images, still), images)
    assert torch.equal(apply("noise", images, silent), images)


@some
@given(images=batches(), name=st.sampled_from(ALL), preset_name=st.sampled_from(list(PRESETS)))
def test_shape_type_and_input_are_kept(images, name, preset_name):
    protocol, before = PRESETS[preset_name], images.clone()
    n, channels, *sides = images.shape
    parameters = sample(name, n, image_size=sides, channels=channels, protocol=protocol)
    out = apply(name, images, parameters, protocol)
    assert out.shape == images.shape and out.dtype == torch.uint8 and out.is_contiguous()
    assert torch.equal(images, before)
    if channels == 4 and name in KEEP_ALPHA:
        assert torch.equal(out[:, 3], images[:, 3])


@some
@given(images=batches(), name=st.sampled_from(ALL))
def test_a_coin_that_says_no_leaves_the_image_alone(images, name):
    n, channels, *sides = images.shape
    parameters = sample(name, n, image_size=sides, channels=channels)
    if "applied" in parameters:
        parameters["applied"] = torch.zeros(n, dtype=torch.bool)
        assert torch.equal(apply(name, images, parameters), images)


@some
@given(images=batches(), name=st.sampled_from(ALL), data=st.data())
def test_rows_do_not_depend_on_the_batch(images, name, data):
    n, channels, *sides = images.shape
    parameters = sample(name, n, seed=3, image_size=sides, channels=channels)
    whole = apply(name, images, parameters)
    order = torch.tensor(data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=8)))
    part = {key: value[order] for key, value in parameters.items()}
    assert torch.equal(apply(name, images[order], part), whole[order])


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", ALL)
def test_bits_do_not_depend_on_chunks_or_threads(name, channels, monkeypatch):
    make = image_cases.objects if channels == 4 else image_cases.pictures
    images, parameters = make(300), sample(name, 300, seed=1, channels=channels)
    whole = apply(name, images, parameters)
    threads = torch.get_num_threads()
    for piece, count in ((1, 1), (37, 2), (300, 4)):
        monkeypatch.setitem(chunks._CHUNK_PIXELS, "cpu", piece * 32 * 32)
        torch.set_num_threads(count)
        try:
            assert torch.equal(apply(name, images, parameters), whole)
        finally:
            torch.set_num_threads(threads)


@some
@given(images=batches(channels=(4,)))
def test_soft_edges_are_multiplied_once_for_each_colour_transformation(images):
    """Also where the coin says no (fork 22); alpha itself never changes."""
    protocol, n = preset("released_code"), len(images)
    off = {"applied": torch.zeros(n, dtype=torch.bool)}
    colour, alpha = images[:, :3].double(), images[:, 3:].double()
    for _ in range(2):
        images = apply("grayscale", images, off, protocol)
        colour = (colour * alpha / 255).round()
        assert torch.equal(images[:, :3].double(), colour)
        assert torch.equal(images[:, 3:].double(), alpha)


def test_protocols_differ_where_they_should():
    images = torch.full((1, 3, 32, 32), 128, dtype=torch.uint8)
    loud = {"noise": torch.ones(1, 3, 32, 32), **always(1)}
    assert apply("noise", images, loud).unique().tolist() == [255]
    wrapped = apply("noise", images, loud, preset("paper", noise_overflow="wrap"))
    assert wrapped.unique().tolist() == [127]
    ramp = torch.arange(32, dtype=torch.uint8).expand(1, 3, 32, 32).mul(8).contiguous()
    for share, blocks in ((0.5, 16), (0.3, 9)):
        coarse = apply("pixelate", ramp, always(1), preset("paper", pixelate=share))
        assert len(coarse[0, 0, 0].unique()) == blocks


def test_uncovered_area_is_transparent_or_black():
    far = {"shift_x": torch.tensor([40]), "shift_y": torch.tensor([0])}
    for channels in (3, 4):
        images = torch.full((1, channels, 32, 32), 200, dtype=torch.uint8)
        assert apply("translate", images, far).max() == 0
        half = apply("scale", images, {"factor": torch.tensor([0.5])})
        assert half[:, :, :8].max() == 0 and half[:, :, 8:24, 8:24].min() == 200


def test_directions_are_as_documented():
    images = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    images[:, :, 16, 28] = 255  # a dot on the right

    def dot(name, **values):
        out = apply(name, images, {key: torch.tensor([value]) for key, value in values.items()})
        return [int(at) for at in out[0, 0].nonzero()[0]]

    assert dot("translate", shift_x=2, shift_y=-3) == [13, 30]
    row, column = dot("rotate", angle_deg=90.0)  # counter-clockwise: to the top
    assert row < 6 and abs(column - 16) <= 1


def test_lists_apply_in_their_order():
    images = image_cases.objects(12)
    names = ["rotate", "invert", "blur"]
    parameters = sample_list(names, 12, seed=2)
    step_by_step = images
    for name in names:
        step_by_step = apply(name, step_by_step, parameters[name])
    assert torch.equal(apply_list(images, parameters), step_by_step)


def test_an_empty_batch_stays_empty():
    for name in ALL:
        images = torch.zeros(0, 4, 32, 32, dtype=torch.uint8)
        assert apply(name, images, sample(name, 0)).shape == images.shape


def test_precision_and_gradients_of_the_caller_stay_his_own():
    images, parameters = image_cases.objects(8), sample("scale", 8)
    plain = apply("scale", images, parameters)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cpu", torch.bfloat16):
            assert torch.equal(apply("scale", images, parameters), plain)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)


IMAGES = torch.zeros(2, 4, 32, 32, dtype=torch.uint8)
ANGLES = {"angle_deg": torch.zeros(2)}


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: apply("twist", IMAGES, {}), "transformation 'twist': unknown; known are scale"),
        (lambda: apply("rotate", IMAGES, {}), "rotate: parameter 'angle_deg' is missing"),
        (
            lambda: apply("rotate", IMAGES, {"angle_deg": torch.tensor([0.0, torch.nan])}),
            "rotate: parameter 'angle_deg' has a value that is not finite",
        ),
        (
            lambda: apply("rotate", IMAGES, {"angle_deg": torch.zeros(3)}),
            r"rotate: parameter 'angle_deg' has shape \(3,\) instead of \(2,\)",
        ),
        (
            lambda: apply("noise", IMAGES, {"noise": torch.full((2, 3, 32, 32), torch.inf)}),
            "noise: parameter 'noise' has a value that is not finite",
        ),
        (
            lambda: apply("invert", IMAGES, {"applied": torch.ones(2)}),
            "invert: parameter 'applied' is torch.float32 instead of bool",
        ),
        (
            lambda: apply("scale", IMAGES, {"factor": torch.zeros(2)}),
            "scale: parameter 'factor' has a value that is not above 0",
        ),
        (
            lambda: apply("rotate", IMAGES[..., :7, :7], ANGLES),
            "images: 7 px is too small; at least 8 px",
        ),
        (
            lambda: apply("rotate", IMAGES, {"angle_deg": "ab"}),
            "rotate: parameter 'angle_deg': str instead of a tensor",
        ),
        (
            lambda: apply("rotate", IMAGES, ANGLES, "paper"),
            r"protocol: 'paper' is not a DataProtocol; give preset\('paper'\)",
        ),
        (lambda: sample("rotate", 2, protocol="paper"), "protocol: 'paper' is not a DataProtocol"),
        (lambda: apply("rotate", IMAGES.float(), ANGLES), "images: torch.float32 instead of"),
        (lambda: apply("rotate", [1], ANGLES), "images: list instead of a uint8 tensor"),
        (lambda: apply("rotate", IMAGES[:, :2], ANGLES), r"images: shape \(2, 2, 32, 32\) is"),
        (lambda: apply("rotate", IMAGES[0], ANGLES), r"images: shape \(4, 32, 32\) is neither"),
        (
            lambda: apply("rotate", IMAGES[..., :7], ANGLES),
            "images: 7 px is too small; at least 8 px",
        ),
        (
            lambda: apply("noise", IMAGES[..., :20], sample("noise", 2)),
            r"noise: .* has shape \(2, 3, 32, 32\) instead of \(2, 3, 32, 20\)",
        ),
    ],
)
def test_bad_input_is_named_in_one_line(call, line):
    with pytest.raises(UserError, match=line) as caught:
        call()
    assert "\n" not in str(caught.value)
