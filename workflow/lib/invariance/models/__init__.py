"""The networks of ``invariance.architectures``, built from settings."""

import pkgutil
from collections.abc import Callable, Mapping

import torch

from invariance.architectures import ARCHITECTURES
from invariance.models.network import Network, Options
from transforms2d.errors import UserError, quote
from transforms2d.files.signed import check_same, read_tensors, write_tensors

BUILDERS: dict[str, Callable[[Options], Network]] = {
    name: pkgutil.resolve_name(f"{__name__}.{architecture.builder}")
    for name, architecture in ARCHITECTURES.items()
}
VIT_VARIANTS = ("paper", "released_code")
DENSENET_REPRESENTATIONS = ("pooled", "final_norm")
DENSENET_GROWTHS = (32, 12)


def build(
    architecture: str,
    num_classes: int,
    *,
    seed: int,
    width: int | None = None,
    blocks_per_stage: int | None = None,
    image_size: int = 32,
    vit: str = "paper",
    densenet_representation: str = "pooled",
    densenet_growth: int = 32,
) -> Network:
    """Build a network in training mode, initialised on the CPU.

    The weights are the framework's defaults after seeding with ``seed``. They do not depend on the
    device that the network moves to later, and the global random state does not change.

    Parameters
    ----------
    architecture : str
        A name of ``BUILDERS``.
    num_classes : int
        Outputs of the head, at least 1.
    seed : int
        Seed of the initial weights, at least 0.
    width : int or None
        Base width; None for the published one. ResNet, VGG: channels of the first stage (64);
        DenseNet: growth rate (``densenet_growth``); ViT: token dimension (384), a multiple of 8;
        small-cnn: channels of the first convolution (12).
    blocks_per_stage : int or None
        Depth of every stage; None for the published one. ResNet: residual blocks; DenseNet: dense
        layers; VGG: convolutions; ViT: encoder blocks in all.
    image_size : int
        Side of the input in pixels, at least 8; a multiple of 8 for the ViT.
    vit : str
        ``paper`` (384 hidden units in the MLP) or ``released_code`` (1536); fork 9.
    densenet_representation : str
        ``pooled`` (32 values per unit of growth) or ``final_norm`` (16 times as many, before ReLU
        and pooling); fork 10.
    densenet_growth : int
        32 (7.0 million parameters) or 12 (1.0 million); fork 27.

    Raises
    ------
    UserError
        For an unknown name or a number out of range.
    """
    if architecture not in BUILDERS:
        raise UserError(f"architecture: {quote(architecture)} is not one of {', '.join(BUILDERS)}")
    for name, value, choices in (
        ("vit", vit, VIT_VARIANTS),
        ("densenet_representation", densenet_representation, DENSENET_REPRESENTATIONS),
        ("densenet_growth", densenet_growth, DENSENET_GROWTHS),
    ):
        if value not in choices:
            raise UserError(f"{name}: {quote(value)} is not one of {', '.join(map(str, choices))}")
    for name, value, least in (
        ("num_classes", num_classes, 1),
        ("seed", seed, 0),
        ("image_size", image_size, 8),
        ("width", 1 if width is None else width, 1),
        ("blocks_per_stage", 1 if blocks_per_stage is None else blocks_per_stage, 1),
    ):
        if type(value) is not int or value < least:
            raise UserError(f"{name}: {quote(value)} is not a whole number >= {least}")
    options = Options(
        num_classes,
        image_size,
        width,
        blocks_per_stage,
        vit,
        densenet_representation,
        densenet_growth,
    )
    with torch.random.fork_rng(devices=[]):
        # Seed only the CPU's generator: torch.manual_seed would seed the cards too.
        torch.default_generator.manual_seed(seed)
        return BUILDERS[architecture](options)


def from_settings(settings: Mapping) -> Network:
    """Build the network of a pretraining's settings (``pretrain.SETTINGS`` lists the keys)."""
    return build(
        settings["architecture"],
        settings["num_classes"],
        seed=settings["init_seed"],
        width=settings["width"],
        blocks_per_stage=settings.get("blocks_per_stage"),
        image_size=settings["image_size"],
        vit=settings["vit"],
        densenet_representation=settings["densenet_representation"],
        # Older files do not say it; their DenseNets have the released code's.
        densenet_growth=settings.get("densenet_growth", 12),
    )


def parameter_count(model: torch.nn.Module) -> int:
    """Number of trainable scalars, without running statistics."""
    return sum(p.numel() for p in model.parameters())


def save(path, model: Network, settings: Mapping, identity: Mapping | None = None) -> None:
    """Write the weights and the settings that build the network as one self-verifying file.

    ``identity``: plain JSON values that distinguish this model from all others, see
    ``lineage.identities``. Weights that are not finite are refused.
    """
    _check_finite(path, model.state_dict(), settings)
    write_tensors(path, model.state_dict(), {"settings": dict(settings), "of": identity})


def load(path, expect: Mapping | None = None) -> tuple[Network, dict]:
    """Read a file of ``save``: the network, on the CPU in evaluation mode, and its settings.

    Raises
    ------
    UserError
        If the file is missing or damaged, its weights are not finite or do not fit the network of
        its settings, or ``expect`` differs from the identity it was saved with.
    """
    tensors, metadata = read_tensors(path)
    if expect is not None:
        check_same(path, metadata.get("of"), expect)
    try:
        model = from_settings(metadata["settings"])
        model.load_state_dict(tensors)
    except (KeyError, RuntimeError):
        raise UserError(
            f"{path}: its weights do not fit the network its settings describe; "
            "delete it and run the pretraining again"
        ) from None
    _check_finite(path, tensors, metadata["settings"])
    return model.eval(), metadata["settings"]


def _check_finite(path, tensors: Mapping, settings: Mapping) -> None:
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise UserError(
                f"{path}: weights that are not finite, in {name}: the training diverged; try a "
                f"pretraining.learning_rate below {settings.get('learning_rate', 'that one')}, "
                "delete it and run the workflow again"
            )
