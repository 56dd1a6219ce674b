"""One way in to the three sources of base images."""

from transforms2d.base_images.settings import used_settings


def fetch(settings: dict, *, cache_dir=None, offline: bool = False) -> dict:
    """Find or download base images and list them.

    Parameters
    ----------
    settings : dict
        See ``used_settings``.
    cache_dir : path, optional
        Where the Hub's files are kept; None means the Hub client's own cache.
    offline : bool
        Use what the cache holds and ask no server.

    Returns
    -------
    dict
        Plain JSON values: ``source``; ``origin`` (which images these are); ``root`` (folder the
        paths start from, or None); ``class_names`` (sorted); ``objects`` and ``backgrounds``: one
        entry an image with ``path``, ``sha256`` of the image's bytes, for objects ``class``, and
        ``row`` (parquet) or ``member`` (zip) where the file holds several. Procedural images have
        ``class``, ``prototype`` and ``item`` instead of a file.

    Raises
    ------
    UserError
        If a setting is wrong, or what is found is not what the settings say.
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
    """Whether the files that prepared images were made from are as they were.

    Their names, sizes and dates are looked at, and their content only where these differ. Sources
    without a folder of a person's own always are.

    Parameters
    ----------
    settings, origin : dict
        Of ``BaseImages``.

    Raises
    ------
    UserError
        If the folder is not there or not fit.
    """
    from transforms2d.base_images import folder

    return settings["source"] != "folder" or folder.unchanged(settings, origin)
