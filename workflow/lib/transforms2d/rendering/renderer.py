"""Rendering of samples: from a dataset's spec and indices to images, labels and latents.

Every value depends only on (spec, index), so each sample can be rendered again alone.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from transforms2d.checks import check_whole
from transforms2d.errors import UserError, quote
from transforms2d.rendering.composite import paste_
from transforms2d.rendering.draws import augments
from transforms2d.rendering.patterns import pattern_backgrounds
from transforms2d.rendering.placement import augment, place, positions
from transforms2d.rendering.scene import Draws, draw_scene
from transforms2d.rendering.source_images import Images
from transforms2d.rendering.threads import map_chunks
from transforms2d.rendering.transform_lists import Transformer, sample_chains
from transforms2d.spec import DatasetSpec
from transforms2d.transformations.applying import full_precision

CHUNK = {"cpu": 512, "cuda": 8192}  # samples per chunk; their pixels are computed in smaller pieces
# Fewer if images are larger, so that the next chunk can reuse the memory of one
_CHUNK_PIXELS = {"cpu": 64 * 224 * 224, "cuda": 8192 * 64 * 64}


@dataclass(frozen=True)
class Batch:
    """Rendered samples.

    Attributes
    ----------
    images : Tensor
        uint8 [n, 3, S, S].
    labels : Tensor
        int64 [n], positions in the spec's class list.
    latents : dict of str to Tensor
        What each image is made from, n rows each, on the CPU: ``object`` (index of the base
        class or pattern), ``object_label``, ``prototype``, ``background`` (index of the image),
        ``background_label``, ``bound``, ``pasted``, ``placement.x``, ``placement.y`` (left and top
        of the object's box in px), ``<transformation>.<parameter>``, and, if each class
        has its own list, ``<transformation>.used``. Fields of the size of an image (noise, elastic
        displacement) are left out: they follow from the spec and the index.
    """

    images: Tensor
    labels: Tensor
    latents: dict[str, Tensor]


class Renderer:
    """A dataset that is checked and has its source images on the device.

    Parameters
    ----------
    spec : DatasetSpec
    base : BaseImages or None
        Objects and backgrounds; None if the dataset uses neither.
    natural : NaturalImages or None
        The file of the spec's split (train and val share one), for ``background="natural"``.
    device : str or torch.device
        Device on which images are rendered and returned.

    Raises
    ------
    UserError
        One line, if the images do not fit the spec.
    """

    def __init__(self, spec: DatasetSpec, base, natural=None, device="cpu"):
        self.spec = spec
        self.device = _usable(device)
        self._images = Images(spec, base, natural, self.device)

    def __len__(self) -> int:
        return self.spec.samples or len(self._images)

    def render(self, indices, draw: int = 0) -> Batch:
        """The samples in the order of ``indices``; ``draw`` > 0 draws transformations anew.

        Parameters
        ----------
        indices : sequence of int, array, tensor or range
        draw : int
            0 is the dataset itself. Any other number draws transformation parameters, random places
            of objects, background patterns and background augmentation anew for the same objects
            and backgrounds.
        """
        check_whole("render.draw", draw, 0)
        return self.render_draws(indices, Draws(transforms=draw, surroundings=draw))

    def render_draws(self, indices, draws: Draws) -> Batch:
        """The samples, with one draw per part."""
        indices = self._checked(indices)
        size = _chunk(self.device.type, self.spec.image_size)
        starts = range(0, len(indices), size)
        if len(starts) < 2:
            return self._chunk(indices, draws)
        side = self.spec.image_size
        images = torch.empty((len(indices), 3, side, side), dtype=torch.uint8, device=self.device)

        def work(start: int):
            rows = slice(start, start + size)
            batch = self._chunk(indices[rows], draws)
            images[rows] = batch.images
            return batch.labels, batch.latents

        threads = torch.get_num_threads() if self.device.type == "cpu" else 1
        parts = map_chunks(work, starts, threads)
        latents = {name: torch.cat([part[1][name] for part in parts]) for name in parts[0][1]}
        return Batch(images, torch.cat([part[0] for part in parts]), latents)

    def _checked(self, indices) -> np.ndarray:
        if isinstance(indices, Tensor):
            indices = indices.cpu()
        if isinstance(indices, range):
            indices = np.arange(indices.start, indices.stop, indices.step)
        try:
            indices = np.asarray(indices)
        except ValueError:  # lists of different lengths
            indices = np.empty((0, 0))
        if indices.ndim == 1 and indices.size == 0:
            indices = indices.astype(np.int64)
        if indices.ndim != 1 or indices.dtype.kind not in "iu":
            raise UserError("render: indices are not a list of whole numbers")
        indices = indices.astype(np.int64)
        outside = indices[(indices < 0) | (indices >= len(self))]
        if len(outside):
            raise UserError(f"render: no sample {outside[0]}; the dataset has {len(self)}")
        return indices

    def _chunk(self, indices: np.ndarray, draws: Draws) -> Batch:
        spec = self.spec
        scene = draw_scene(spec, self._images.pool, indices, draws)
        latents = dict(scene)
        backgrounds = self._backgrounds(indices, scene, draws, latents)
        position = scene["background_label" if spec.foreground == "none" else "object_label"]
        chains = sample_chains(spec, indices, position, draws.transforms)
        latents |= chains.latents
        transformer = Transformer(spec, chains, len(indices), self.device)
        if spec.foreground == "none":
            with full_precision(self.device.type):
                images = transformer.apply(backgrounds)
        else:
            latents["object"] = np.asarray(spec.classes)[position]
            rows = self._images.first[position] + scene["prototype"]
            corners = positions(spec, indices, draws.surroundings)
            if corners is not None:
                latents["placement.x"], latents["placement.y"] = corners.T
            pasted = scene.get("pasted")
            images = self._pasted(rows, transformer, corners, backgrounds, pasted)
        label = scene["object_label" if spec.labels == "foreground" else "background_label"]
        latents = {
            name: torch.as_tensor(latents[name], device="cpu").clone() for name in sorted(latents)
        }
        return Batch(images, torch.from_numpy(label), latents)

    def _pasted(self, rows, transformer: Transformer, corners, backgrounds, pasted) -> Tensor:
        """Transform and place objects ``rows``, and paste them on the backgrounds, in place."""
        # index_select copies whole images at memory speed; indexing does not
        objects = self._images.objects.index_select(0, torch.from_numpy(rows).to(self.device))
        with full_precision(self.device.type):
            objects = transformer.apply(objects)
        objects = place(self.spec, objects, corners)
        paste_(objects, backgrounds, None if pasted is None else torch.from_numpy(pasted))
        return backgrounds

    def _backgrounds(self, indices, scene, draws: Draws, latents) -> Tensor:
        spec, size = self.spec, self.spec.image_size
        if spec.background == "uniform":
            return torch.zeros((len(indices), 3, size, size), dtype=torch.uint8, device=self.device)
        if spec.background == "patterns":
            stream = (
                f"pattern-background/{spec.split}/{draws.surroundings}/{draws.other_background}"
            )
            kind = spec.protocol.random_patterns
            made = pattern_backgrounds(indices, spec.seed, stream, size, kind)
            return made.to(self.device)
        rows = torch.from_numpy(scene["background"]).to(self.device)
        if spec.background == "images":
            return self._images.backgrounds.index_select(0, rows)
        images = self._images.natural.index_select(0, rows)
        if augments(spec):
            images, drawn = augment(spec, images, indices, draws.surroundings)
            latents |= drawn
        return images


def _chunk(device_type: str, side: int) -> int:
    known = device_type if device_type in CHUNK else "cpu"
    return min(CHUNK[known], max(_CHUNK_PIXELS[known] // side**2, 1))


def _usable(device) -> torch.device:
    try:
        if torch.device(device).type == "mps":
            raise UserError(
                "render.device: mps has no float64, in which pixels are found; render on the cpu "
                "and move the images"
            )
        return torch.empty(0, device=device).device
    except (RuntimeError, TypeError, AssertionError):  # unknown, no driver, not compiled in
        raise UserError(
            f"render.device: {quote(device)} cannot be used here; name another"
        ) from None


def render(spec: DatasetSpec, indices, base, natural=None, device="cpu", draw: int = 0) -> Batch:
    """Samples ``indices`` of the dataset ``spec``; see ``Renderer`` and ``Renderer.render``."""
    return Renderer(spec, base, natural, device).render(indices, draw)
