"""Laying objects with alpha over backgrounds, in the 8-bit arithmetic of Pillow's paste."""

import numpy as np
import torch
from torch import Tensor


def composite(objects: Tensor, backgrounds: Tensor, pasted: Tensor | None = None) -> Tensor:
    """Objects over backgrounds, with the objects' own alpha as the mask (sec. 1.2, step 5).

    Equal in every bit to ``PIL.Image.paste(object, (0, 0), mask=alpha)``: the weighted sum is
    divided by 255 with rounding, in integers.

    Parameters
    ----------
    objects : uint8 [N, 4, S, S]
        Straight (not premultiplied) alpha in the last channel.
    backgrounds : uint8 [N, 3, S, S]
    pasted : bool [N] or None
        False where the background stays alone; None pastes everywhere.

    Returns
    -------
    uint8 [N, 3, S, S]
    """
    if objects.device.type == "cpu":
        return _composite_on_cpu(objects.numpy(), backgrounds.numpy(), pasted)
    alpha = objects[:, 3:].to(torch.int16)
    if pasted is not None:
        alpha = alpha * pasted.to(alpha.device)[:, None, None, None]
    # 16-bit integers wrap modulo 65536, and the sum is below that: right in all its bits.
    total = objects[:, :3].to(torch.int16)
    total -= backgrounds
    total *= alpha
    total += backgrounds.to(torch.int16).mul_(255)
    total += 128
    total += (total >> 8).bitwise_and_(255)
    return total.bitwise_right_shift_(8).to(torch.uint8)


def _composite_on_cpu(objects: np.ndarray, backgrounds: np.ndarray, pasted) -> Tensor:
    """The same in numpy, which has unsigned 16-bit numbers and so takes fewer steps."""
    alpha = objects[:, 3:].astype(np.uint16)
    if pasted is not None:
        alpha *= pasted.numpy()[:, None, None, None]
    total = objects[:, :3].astype(np.uint16)
    behind = backgrounds.astype(np.uint16)
    total -= behind
    total *= alpha
    behind *= 255
    total += behind
    total += 128
    total += np.right_shift(total, 8, out=behind)
    total >>= 8
    return torch.from_numpy(total.astype(np.uint8))
