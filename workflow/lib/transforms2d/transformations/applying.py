"""Application of transformations to batches of images, after checks of the arguments."""

from collections.abc import Callable, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

from transforms2d.checks import SMALLEST_SIDE
from transforms2d.errors import UserError
from transforms2d.protocol import DataProtocol, chosen
from transforms2d.transformations.chunks import apply_one
from transforms2d.transformations.core import Transformation
from transforms2d.transformations.registry import find
from transforms2d.transformations.sampling import Field


def _keep_freed_memory() -> None:
    """Let the C library keep up to 62 MiB of freed memory for the next batch.

    Batches allocate and free a few MB many times. By default glibc returns each such block to the
    system. The page faults of the next allocation can take longer than the work on the block. glibc
    raises its threshold to the largest freed block, so this allocates and frees one unused block.
    Other C libraries are not affected.
    """
    # Just below the size from which glibc does not raise its threshold.
    torch.empty(31 << 20, dtype=torch.uint8, device="cpu")


_keep_freed_memory()


def apply(
    name: str,
    images: Tensor,
    parameters: Mapping[str, Tensor],
    protocol: DataProtocol | None = None,
    *,
    overwrite: bool = False,
) -> Tensor:
    """Apply one transformation to a batch. Pure; rows are independent.

    Parameters
    ----------
    name : str
        One of ``transforms2d.names.ALL``, or ``none``.
    images : uint8 [N, 4, H, W] or [N, 3, H, W]
        RGBA with straight alpha, or RGB; sides of at least 8 px. CPU or CUDA.
    parameters : mapping of str to Tensor with N rows
        As ``sample`` names them, on any device.
    protocol : DataProtocol
        Choices where the paper's text and code differ; the text by default.
    overwrite : bool
        Whether the memory of ``images`` may be overwritten and used for the result. This saves
        time with large images.

    Returns
    -------
    Tensor
        Same shape, dtype and device as ``images``. Uncovered area is transparent black in RGBA
        and black in RGB. On the CPU no bit depends on batch, order or threads.

    Raises
    ------
    UserError
        If the name is unknown, images have a wrong dtype or shape, or a parameter is missing, has
        a wrong shape or is not finite.
    """
    return apply_list(images, {name: parameters}, protocol, overwrite=overwrite)


def apply_list(
    images: Tensor,
    parameters: Mapping[str, Mapping[str, Tensor]],
    protocol: DataProtocol | None = None,
    *,
    overwrite: bool = False,
    find: Callable[[str], Transformation] = find,
) -> Tensor:
    """Apply several transformations in sequence; otherwise like ``apply``.

    Parameters
    ----------
    parameters : mapping of str to mapping, parameters by name of transformation
        In the order of application, as from ``sample_list``.
    find : callable (name) -> Transformation
        What a name means; by default one of the 18 transformations or ``none``.
    """
    check_images(images)
    chain = Chain(parameters, len(images), images.shape[2:], images.device, protocol, find)
    with full_precision(images.device.type):
        changed = chain.apply(images.contiguous(), overwrite)
    same = changed.data_ptr() == images.data_ptr()
    return changed.clone() if same and not overwrite else changed


class Chain:
    """Transformations with checked parameters, for ``count`` images of a height and width.

    Arguments and errors as in ``apply_list``; parameters may be of type ``Field``.
    """

    def __init__(
        self, parameters, count: int, sides: tuple[int, int], device, protocol=None, find=find
    ):
        self._protocol = chosen(protocol)
        self._steps = []
        for name, given in parameters.items():
            transformation = find(name)
            checked = _checked(transformation, given, count, sides, device)
            self._steps.append((transformation, checked))

    def apply(self, images: Tensor, overwrite: bool) -> Tensor:
        """The transformed images of contiguous ones; call it inside ``full_precision``.

        Without transformations it returns the same tensor.
        """
        for transformation, given in self._steps:
            images = apply_one(transformation, images, given, self._protocol, overwrite)
            overwrite = True
        return images


@contextmanager
def full_precision(device_type: str):
    """A context with products in full float32 and no gradients, whatever the global settings."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.no_grad(), torch.autocast(device_type, enabled=False):
            yield
    finally:
        torch.set_float32_matmul_precision(before)


def check_images(images: Tensor) -> None:
    """Refuse what cannot be transformed: see ``apply``."""
    if not isinstance(images, Tensor) or images.dtype != torch.uint8:
        kind = images.dtype if isinstance(images, Tensor) else type(images).__name__
        raise UserError(f"images: {kind} instead of a uint8 tensor")
    shape = tuple(images.shape)
    if images.ndim != 4 or shape[1] not in (3, 4):
        raise UserError(f"images: shape {shape} is neither [N, 4, H, W] nor [N, 3, H, W]")
    if min(shape[2:]) < SMALLEST_SIDE:
        raise UserError(f"images: {min(shape[2:])} px is too small; at least {SMALLEST_SIDE} px")
    if images.device.type == "mps":
        raise UserError("images: mps has no float64, in which pixels are found; use the cpu")


def _finite(value: Tensor) -> bool:
    # A sum is much cheaper than a test of each element, and NaN or infinity propagates to it.
    return bool(torch.isfinite(value.sum())) or bool(torch.isfinite(value).all())


def _tensor(value, device, what: str) -> Tensor | Field:
    if isinstance(value, Tensor | Field):
        return value
    try:
        return torch.as_tensor(value, device=device)
    except (TypeError, ValueError, RuntimeError):
        raise UserError(f"{what}: {type(value).__name__} instead of a tensor") from None


_POSITIVE = {("scale", "factor"), ("blur", "sigma_px")}


def _checked(
    transformation: Transformation, parameters: Mapping, count: int, sides: tuple[int, int], device
) -> dict:
    """The parameters of a transformation, checked, on the device of the images."""
    name = transformation.name
    shapes = {key: shape(*sides) for key, shape in transformation.parameters.items()}
    if transformation.coin is not None:
        shapes["applied"] = ()
    checked = {}
    for key, shape in shapes.items():
        if key not in parameters:
            raise UserError(f"{name}: parameter {key!r} is missing")
        value = parameters[key]
        value = _tensor(value, device, f"{name}: parameter {key!r}")
        if tuple(value.shape) != (count, *shape):
            actual = tuple(value.shape)
            raise UserError(
                f"{name}: parameter {key!r} has shape {actual} instead of {(count, *shape)}"
            )
        if isinstance(value, Field):
            checked[key] = value
            continue
        if key == "applied" and value.dtype != torch.bool:
            raise UserError(f"{name}: parameter 'applied' is {value.dtype} instead of bool")
        if value.is_floating_point() and not _finite(value):
            raise UserError(f"{name}: parameter {key!r} has a value that is not finite")
        if (name, key) in _POSITIVE and (value <= 0).any():
            raise UserError(f"{name}: parameter {key!r} has a value that is not above 0")
        checked[key] = value.to(device)
    return checked
