"""Pasting objects with alpha over backgrounds, in the 8-bit arithmetic of Pillow's paste."""

import numpy as np
import torch
from torch import Tensor


def composite(objects: Tensor, backgrounds: Tensor, pasted: Tensor | None = None) -> Tensor:
    """Objects over backgrounds, with the alpha of the objects as the mask.

    Bit-identical to ``PIL.Image.paste(object, (0, 0), mask=alpha)``: the weighted sum is
    divided by 255 with rounding, in integers.

    Parameters
    ----------
    objects : uint8 [N, 4, S, S]
        Straight (not premultiplied) alpha in the last channel.
    backgrounds : uint8 [N, 3, S, S]
    pasted : bool [N] or None
        False for samples without an object; None pastes everywhere.

    Returns
    -------
    uint8 [N, 3, S, S]
    """
    images = backgrounds.clone(memory_format=torch.contiguous_format)
    paste_(objects, images, pasted)
    return images


def paste_(objects: Tensor, images: Tensor, pasted: Tensor | None = None) -> None:
    """``composite`` in place: overwrites ``images``, the contiguous backgrounds."""
    if images.device.type == "cpu":
        visible = (
            torch.ones(len(images), dtype=torch.bool, device="cpu") if pasted is None else pasted
        )
        pixels = images.shape[2] * images.shape[3]
        over, behind = objects.contiguous().view(-1, 4, pixels), images.view(-1, 3, pixels)
        _stepwise_paste(over.numpy(), behind.numpy(), visible.numpy())
        return
    alpha = objects[:, 3:].to(torch.int16)
    if pasted is not None:
        alpha = alpha * pasted.to(alpha.device)[:, None, None, None]
    # 16-bit integers wrap modulo 65536. The sum is below 65536, so its bits are correct.
    total = objects[:, :3].to(torch.int16)
    total -= images
    total *= alpha
    total += images.to(torch.int16).mul_(255)
    total += 128
    total += (total >> 8).bitwise_and_(255)
    images.copy_(total.bitwise_right_shift_(8))


def _stepwise_paste(objects: np.ndarray, images: np.ndarray, visible: np.ndarray) -> None:
    """``paste_`` in numpy, which has unsigned 16-bit integers, in pieces that fit a CPU's cache.

    Pixels before the first and after the last pixel that any object covers are skipped. Channels
    are pasted one by one, because broadcasting alpha takes twice the time.
    """
    size = max(192 * 1024 // objects.shape[2], 1)
    for start in range(0, len(images), size):
        part = slice(start, start + size)
        covered = np.flatnonzero(objects[part, 3].max(axis=0))
        if not len(covered):
            continue
        seen = slice(covered[0], covered[-1] + 1)
        alpha = objects[part, 3, seen].astype(np.uint16)
        alpha[~visible[part]] = 0
        for channel in range(3):
            total = objects[part, channel, seen].astype(np.uint16)
            behind = images[part, channel, seen].astype(np.uint16)
            total -= behind
            total *= alpha
            behind *= 255
            total += behind
            total += 128
            total += np.right_shift(total, 8, out=behind)
            total >>= 8
            images[part, channel, seen] = total
