"""The plain way to make one image: Pillow and torchvision, one image at a time.

Written from the published description alone, with public functions of the two libraries; it shares
nothing with the batched code that is compared with it. Parameters are rows of what
``transforms2d.sample`` gives, as plain numbers (fields as tensors).
"""

import torch
from PIL import Image
from torchvision.transforms import ElasticTransform, InterpolationMode
from torchvision.transforms import functional as F

from transforms2d.protocol import DataProtocol


def transform(name: str, image: Image.Image, parameters: dict, protocol=None) -> Image.Image:
    """One transformation of one RGBA or RGB image."""
    protocol = protocol or DataProtocol()
    applied = parameters.get("applied", True)
    if name in COLOUR:
        return _keeping_alpha(COLOUR[name], image, parameters, protocol, applied)
    return OTHERS[name](image, parameters, protocol) if applied else image.copy()


def item(name: str, image: Image.Image, background, parameters: dict, protocol=None):
    """Transform an RGBA object and paste it on a copy of an RGB background."""
    moved = transform(name, image, parameters, protocol)
    out = background.copy()
    out.paste(moved, (0, 0), moved)
    return out


def to_input(image: Image.Image) -> torch.Tensor:
    """What a network reads: float32 [3, H, W] in -1..1."""
    return F.normalize(F.to_tensor(image), [0.5, 0.5, 0.5], [0.5, 0.5, 0.5])


def draw(name: str, size: int = 32) -> dict:
    """Parameters for one image of an object, drawn by torch's generator as plain code would."""
    if name in COINS and _uniform() >= 0.5:
        return {"applied": False}
    return DRAWS[name](size) if name in DRAWS else {}


def _uniform(low: float = 0.0, high: float = 1.0) -> float:
    return torch.empty(1).uniform_(low, high).item()


def _draw_translate(size):
    box = round(0.7 * size)
    corner = (size - box) // 2
    return {f"shift_{axis}": int(_uniform() * (size - box)) - corner for axis in "xy"}


def _draw_erasing(size):
    return {axis: int(_uniform() * (size - round(14 * size / 32))) for axis in "xy"}


def _draw_noise(size):
    return {"noise": torch.randn(3, size, size).clamp_(0, 1)}


def _draw_elastic(size):
    share = size / 32
    field = ElasticTransform.get_params([150.0 * share**2] * 2, [5.0 * share] * 2, [size, size])
    return {"displacement": field[0] * (size / 2)}


def _keeping_alpha(function, image, parameters, protocol, applied):
    """Colour is transformed as RGB; alpha stays (fork 22)."""
    if image.mode == "RGB":
        return function(image, parameters, protocol) if applied else image.copy()
    alpha = image.getchannel("A")
    rgb = image.convert("RGB")
    if applied:
        rgb = function(rgb, parameters, protocol)
    out = rgb.convert("RGBA")
    if protocol.soft_edges == "multiplied":
        out = Image.new("RGBA", image.size)
        out.paste(rgb, (0, 0), alpha)
    out.putalpha(alpha)
    return out


def _hue(rgb, parameters, protocol):
    return F.adjust_hue(rgb, parameters["hue_turns"])


def _brightness(rgb, parameters, protocol):
    return F.adjust_brightness(rgb, parameters["factor"])


def _contrast(rgb, parameters, protocol):
    return F.adjust_contrast(rgb, parameters["factor"])


def _grayscale(rgb, parameters, protocol):
    return F.rgb_to_grayscale(rgb, 3)


def _posterize(rgb, parameters, protocol):
    return F.posterize(rgb, 1)


def _invert(rgb, parameters, protocol):
    return F.invert(rgb)


def _noise(rgb, parameters, protocol):
    noisy = F.to_tensor(rgb) + parameters["noise"]
    if protocol.noise_overflow == "clamp":
        return F.to_pil_image(noisy.clamp(0, 1))
    return F.to_pil_image((noisy * 255).to(torch.int32).remainder(256).to(torch.uint8))


def _scale(image, parameters, protocol):
    small = [round(side * parameters["factor"]) for side in image.size]
    out = Image.new(image.mode, image.size)
    margin = [(side - new) // 2 for side, new in zip(image.size, small, strict=True)]
    out.paste(image.resize(small, Image.Resampling.BICUBIC), tuple(margin))
    return out


def _translate(image, parameters, protocol):
    out = Image.new(image.mode, image.size)
    out.paste(image, (int(parameters["shift_x"]), int(parameters["shift_y"])))
    return out


def _v_flip(image, parameters, protocol):
    return F.vflip(image)


def _h_flip(image, parameters, protocol):
    return F.hflip(image)


def _rotate(image, parameters, protocol):
    return F.rotate(image, parameters["angle_deg"], InterpolationMode.NEAREST)


def _shear(image, parameters, protocol):
    angles = [parameters["shear_x_deg"], parameters["shear_y_deg"]]
    return F.affine(image, 0.0, [0, 0], 1.0, angles, InterpolationMode.NEAREST)


def _sharpen(image, parameters, protocol):
    return F.adjust_sharpness(image, 7)


def _blur(image, parameters, protocol):
    # 7 px at 32 px, in proportion and odd
    kernel = {16: 3, 32: 7, 61: 13, 64: 15, 224: 49}[min(image.size)]
    return F.gaussian_blur(image, [kernel, kernel], [parameters["sigma_px"]] * 2)


def _pixelate(image, parameters, protocol):
    small = [int(side * protocol.pixelate) for side in image.size]
    tiny = image.resize(small, Image.Resampling.BOX)
    return tiny.resize(image.size, Image.Resampling.NEAREST)


def _elastic(image, parameters, protocol):
    displacement = parameters["displacement"][None] * (2 / torch.tensor(image.size))
    # With a fill, torchvision multiplies by the weight of what lies inside a second time.
    fill = None if protocol.elastic_border == "zeros" else [0.0]
    return F.elastic_transform(image, displacement, InterpolationMode.BILINEAR, fill)


def _erasing(image, parameters, protocol):
    side = round(14 * min(image.size) / 32)
    x, y = int(parameters["x"]), int(parameters["y"])
    out = image.copy()
    out.paste(Image.new(image.mode, (side, side)), (x, y))
    return out


COLOUR = {
    "hue": _hue,
    "brightness": _brightness,
    "grayscale": _grayscale,
    "posterize": _posterize,
    "invert": _invert,
    "noise": _noise,
    "contrast": _contrast,
}
OTHERS = {
    "scale": _scale,
    "translate": _translate,
    "v_flip": _v_flip,
    "h_flip": _h_flip,
    "rotate": _rotate,
    "shear": _shear,
    "sharpen": _sharpen,
    "blur": _blur,
    "pixelate": _pixelate,
    "elastic": _elastic,
    "erasing": _erasing,
}
COINS = ("v_flip", "h_flip", "grayscale", "posterize", "invert", "sharpen")
COINS += ("noise", "pixelate", "elastic", "erasing")
DRAWS = {
    "scale": lambda size: {"factor": _uniform(0.4, 1)},
    "translate": _draw_translate,
    "rotate": lambda size: {"angle_deg": _uniform(0, 360)},
    "shear": lambda size: {f"shear_{axis}_deg": _uniform(-50, 50) for axis in "xy"},
    "hue": lambda size: {"hue_turns": _uniform(-0.5, 0.5)},
    "brightness": lambda size: {"factor": _uniform(0, 2)},
    "contrast": lambda size: {"factor": _uniform(0, 2)},
    "blur": lambda size: {"sigma_px": _uniform(0.1, 1.5) * size / 32},
    "noise": _draw_noise,
    "elastic": _draw_elastic,
    "erasing": _draw_erasing,
}
