"""A check of the latents of a dataset: the columns of its spec, consistent with its labels."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from transforms2d.errors import UserError
from transforms2d.rendering.draws import augments
from transforms2d.rendering.scene import Draws, Pool, draw_scene
from transforms2d.rendering.transform_lists import sample_chains
from transforms2d.spec import DatasetSpec


def latent_names(spec: DatasetSpec) -> set[str]:
    """Names of the latents of ``spec``; see ``renderer.Batch``."""
    nothing = np.empty(0, dtype=np.int64)
    pool = Pool(np.ones(len(spec.classes), dtype=np.int64), 1, nothing, nothing)
    names = {*draw_scene(spec, pool, nothing, Draws())}
    names |= sample_chains(spec, nothing, nothing, 0).latents.keys()
    if spec.foreground != "none":
        names.add("object")
        if spec.placement != "centre":
            names |= {"placement.x", "placement.y"}
    if augments(spec):
        names |= {f"augmentation.{name}" for name in ("shift_x", "shift_y", "flip")}
    return names


def check_latents(spec: DatasetSpec, labels: Tensor, latents: Mapping[str, Tensor]) -> None:
    """Refuse latents that do not match ``spec``, and labels that contradict them.

    Parameters
    ----------
    labels : int64 [n]
    latents : mapping of str to Tensor with n rows

    Raises
    ------
    UserError
        Names the first latent that is missing, unknown to the spec, or contradicts the labels.
    """
    names = latent_names(spec)
    if missing := sorted(names - latents.keys()):
        raise UserError(f"the latent {missing[0]} is missing")
    if unknown := sorted(latents.keys() - names):
        raise UserError(f"the latent {unknown[0]} is none of this dataset's")
    source = "object_label" if spec.labels == "foreground" else "background_label"
    if not torch.equal(labels, latents[source]):
        raise UserError(f"the labels are not those of the latent {source}")
