"""Laying objects with alpha over backgrounds, in the 8-bit arithmetic of Pillow's paste."""

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
