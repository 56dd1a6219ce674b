"""A vision transformer for small images: 8x8 patches and a class token (fork 9)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from invariance.models.network import Network, Options
from transforms2d.errors import UserError

GRID = 8
HEADS = 8
BLOCKS = 7
# Hidden units of the MLP in units of the token dimension.
MLP_FACTOR = {"paper": 1, "released_code": 4}


def vit(options: Options) -> Network:
    """Seven encoder blocks of dimension 384; the MLP has 384 or 1536 hidden units.

    Raises
    ------
    UserError
        If the image does not divide into 8 patches per side, or the dimension into 8 heads.
    """
    if options.image_size % GRID:
        raise UserError(
            f"image_size: {options.image_size} does not divide into {GRID} patches per side; "
            f"give the ViT a multiple of {GRID}"
        )
    if options.width is not None and options.width % HEADS:
        raise UserError(f"width: {options.width} does not divide into the ViT's {HEADS} heads")
    return VisionTransformer(options)


class VisionTransformer(Network):
    """Patches to tokens, pre-norm encoder blocks, the class token's normalised output, a head."""

    def __init__(self, options: Options):
        super().__init__()
        dim = options.width or 384
        depth = options.blocks_per_stage or BLOCKS
        hidden = dim * MLP_FACTOR[options.vit]
        self.patch = options.image_size // GRID
        self.embed = nn.Linear(3 * self.patch**2, dim)
        self.class_token = nn.Parameter(torch.randn(1, 1, dim))
        self.positions = nn.Parameter(torch.randn(1, GRID * GRID + 1, dim))
        self.blocks = nn.Sequential(*(Encoder(dim, hidden) for _ in range(depth)))
        self.norm = nn.LayerNorm(dim)
        self.representation_dim = dim
        self.head = nn.Linear(dim, options.num_classes)

    def head_input(self, x: Tensor) -> Tensor:
        patches = F.unfold(x, self.patch, stride=self.patch).transpose(1, 2)
        tokens = self.embed(patches)
        tokens = torch.cat((self.class_token.expand(len(x), -1, -1), tokens), dim=1)
        tokens = self.blocks(tokens + self.positions)
        return self.norm(tokens[:, 0])


class Encoder(nn.Module):
    """Self-attention and an MLP, each after a layer norm and with a shortcut."""

    def __init__(self, dim: int, hidden: int):
        super().__init__()
        self.norm_attention, self.norm_mlp = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.query, self.key, self.value = (nn.Linear(dim, dim) for _ in range(3))
        self.output = nn.Linear(dim, dim)
        # The published network has a GELU after both linear layers.
        self.mlp = nn.Sequential(
            nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim), nn.GELU()
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self._attend(self.norm_attention(x))
        return x + self.mlp(self.norm_mlp(x))

    def _attend(self, x: Tensor) -> Tensor:
        batch, tokens, dim = x.shape
        query, key, value = (
            project(x).view(batch, tokens, HEADS, dim // HEADS).transpose(1, 2)
            for project in (self.query, self.key, self.value)
        )
        # Scaled by the full dimension, not by the dimension of a head, as published.
        attended = F.scaled_dot_product_attention(query, key, value, scale=dim**-0.5)
        return self.output(attended.transpose(1, 2).reshape(batch, tokens, dim))
