"""Moving the pixels of large images, one image after another: translate and flips."""

import numpy as np
import torch


def translate(pairs, parameters, protocol) -> None:
    """One copy of the part that remains visible; shifts are right and down."""
    shifts = [np.rint(parameters[key]).tolist() for key in ("shift_y", "shift_x")]
    for (image, out), *shift in zip(pairs, *shifts, strict=True):
        targets, sources = [], []
        for extent, by in zip(out.shape[1:], shift, strict=True):
            by = int(min(max(by, -extent), extent))
            targets.append(slice(max(by, 0), extent + min(by, 0)))
            sources.append(slice(max(-by, 0), extent + min(-by, 0)))
        out[:, *targets] = image[:, *sources]
        rows, columns = targets
        out[:, : rows.start] = 0
        out[:, rows.stop :] = 0
        out[:, :, : columns.start] = 0
        out[:, :, columns.stop :] = 0


def v_flip(pairs, parameters, protocol) -> None:
    """Upside down."""
    for image, out in pairs:
        # With a row as one item, numpy copies whole rows
        rows = [each.view(f"V{each.shape[2]}") for each in (image, out)]
        rows[1][:] = rows[0][:, ::-1]


def h_flip(pairs, parameters, protocol) -> None:
    """Left and right swapped."""
    for image, out in pairs:
        out[:] = torch.from_numpy(image).flip(2).numpy()  # faster than numpy's reversed view
