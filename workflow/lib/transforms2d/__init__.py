"""Transforms-2D: objects on backgrounds under controlled transformations, as a dataset library.

Public names are imported at their first use, so that importing the package is cheap and needs no
torch.
"""

from importlib import import_module

__version__ = "0.1.0"

_PUBLIC = {
    "BaseImages": "transforms2d.base_images",
    "Batch": "transforms2d.rendering.renderer",
    "DataProtocol": "transforms2d.protocol",
    "DatasetSpec": "transforms2d.spec",
    "NaturalImages": "transforms2d.natural_images",
    "Renderer": "transforms2d.rendering.renderer",
    "Shard": "transforms2d.storage.shards",
    "TransformsDataset": "transforms2d.dataset",
    "UserError": "transforms2d.errors",
    "Views": "transforms2d.views",
    "apply": "transforms2d.transformations",
    "apply_list": "transforms2d.transformations",
    "apply_view": "transforms2d.views",
    "batches": "transforms2d.dataset",
    "export_image_folder": "transforms2d.storage.export",
    "export_parquet": "transforms2d.storage.export",
    "normalise": "transforms2d.dataset",
    "preset": "transforms2d.protocol",
    "read_shard": "transforms2d.storage.shards",
    "render_twins": "transforms2d.rendering.twins",
    "sample": "transforms2d.transformations",
    "sample_list": "transforms2d.transformations",
    "write_shard": "transforms2d.storage.shards",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str):
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_PUBLIC))
