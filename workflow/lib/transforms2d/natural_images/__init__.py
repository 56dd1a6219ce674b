"""Natural images (CIFAR-10 and CIFAR-100), from one of three sources.

``prepare`` reads one split of one dataset. ``fetch`` only downloads, for clusters where only some
machines have a network. Importing this package imports neither torch nor Pillow.
"""

__all__ = ["NaturalImages", "fetch", "prepare", "used_settings"]


def fetch(name, settings, *, cache_dir=None, offline=False) -> dict:
    """Find or download the dataset; see ``sources.fetch``."""
    from transforms2d.natural_images import sources

    return sources.fetch(name, settings, cache_dir=cache_dir, offline=offline)


def prepare(name, settings, split, *, cache_dir=None, image_size=32, offline=False):
    """Read one split at the working size; see ``sources.prepare``."""
    from transforms2d.natural_images import sources

    return sources.prepare(
        name, settings, split, cache_dir=cache_dir, image_size=image_size, offline=offline
    )


def used_settings(name, settings) -> dict:
    """The checked settings of the chosen source; see ``settings.used_settings``."""
    from transforms2d.natural_images import settings as module

    return module.used_settings(name, settings)


def __getattr__(name):
    if name == "NaturalImages":
        from transforms2d.natural_images.prepared import NaturalImages

        return NaturalImages
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
