"""Base images of Transforms-2D: objects with alpha and backgrounds, from one of three sources.

``fetch`` finds or downloads the images and returns an index of them. ``prepare`` reads the images
of an index and renders them to the working size. The index is a plain JSON value, so the download
and the rendering can be separate jobs.

Importing this package imports neither torch nor Pillow.
"""

__all__ = ["BaseImages", "fetch", "prepare", "used_settings"]


def fetch(settings, *, cache_dir=None, offline=False) -> dict:
    """Find or download the base images; see ``sources.fetch``."""
    from transforms2d.base_images import sources

    return sources.fetch(settings, cache_dir=cache_dir, offline=offline)


def prepare(index, *, image_size=32):
    """Render the images of an index to the working size; see ``rendering.prepare``."""
    from transforms2d.base_images import rendering

    return rendering.prepare(index, image_size=image_size)


def used_settings(settings) -> dict:
    """The checked settings of the chosen source; see ``settings.used_settings``."""
    from transforms2d.base_images import settings as module

    return module.used_settings(settings)


def __getattr__(name):
    if name == "BaseImages":
        from transforms2d.base_images.prepared import BaseImages

        return BaseImages
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
