"""The entry point to the three sources of base images."""

from transforms2d.base_images.settings import used_settings


def fetch(settings: dict, *, cache_dir=None, offline: bool = False) -> dict:
    """Find or download base images and list them.

    Parameters
    ----------
    settings : dict
        See ``used_settings``.
    cache_dir : path, optional
        Folder for the Hub's files; None means the cache of the Hub's client.
    offline : bool
        Use only the cache, without requests to servers.

    Returns
    -------
    dict
        Plain JSON values: ``source``; ``origin`` (identifies the images); ``root`` (the folder of
        relative paths, or None); ``class_names`` (sorted); ``objects`` and ``backgrounds``: one
        entry per image with ``path``, ``sha256`` of the image's bytes, for objects ``class``, and
        ``row`` (parquet) or ``member`` (zip) if the file has several images. Procedural images
        have ``class``, ``prototype`` and ``item`` instead of a file.

    Raises
    ------
    UserError
        If a setting is wrong, or the images do not fit the settings.
    """
    used = used_settings(settings)
    if used["source"] == "huggingface":
        from transforms2d.base_images.hub import huggingface

        return huggingface.fetch(used, cache_dir=cache_dir, offline=offline)
    if used["source"] == "folder":
        from transforms2d.base_images import folder

        return folder.fetch(used)
    from transforms2d.base_images import procedural

    return procedural.fetch(used)


def unchanged(settings: dict, origin: dict) -> bool:
    """Whether the source files of prepared images did not change.

    Names, sizes and dates are compared, and the content only if these differ. Sources without a
    person's own folder never change.

    Parameters
    ----------
    settings, origin : dict
        From ``BaseImages``.

    Raises
    ------
    UserError
        If the folder is missing or invalid.
    """
    from transforms2d.base_images import folder

    return settings["source"] != "folder" or folder.unchanged(settings, origin)
