"""Measures of invariance of one network, on images that are rendered for them."""

from collections.abc import Mapping

from invariance import models
from invariance.jobs import device as devices
from invariance.measures import represent
from invariance.measures.of_datasets import on_dataset
from invariance.provenance.input_images import load_images
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import make_shard

# Neither twins nor groups of views are scored, and nothing is read out.
INVARIANCE_ALONE = {
    "twins": False,
    "readout_train": 0,
    "readout_test": 0,
    "latents": False,
    "penalties": 0,
    "folds": 2,
    "own_pairs": False,
    "normaliser": "independent_pairs",
}


def run(
    model_path,
    images: Mapping,
    settings: Mapping,
    expect: Mapping | None = None,
    config: Mapping | None = None,
) -> dict:
    """Invariance of a network to transformations of whole images, by every measure.

    Parameters
    ----------
    model_path : path
        A file of ``models.save``.
    images : mapping from name to path
        ``base``, or ``natural_test``, or both: see ``input_images.load_images``.
    settings : mapping
        ``data``: the images' name. ``spec``: the images, the result of ``DatasetSpec.to_dict``,
        with ``fit`` + ``images`` samples. ``natural``: name of the natural images that they show,
        or None. Others as in ``represent.SETTINGS``, without those of ``INVARIANCE_ALONE``.
    expect : mapping or None
        Identity that the model must have, see ``lineage.identities``.
    config : mapping or None
        The configuration, with the required sources of images.

    Returns
    -------
    dict
        ``evaluations``, with methods ``spectrum``, ``invariance`` (a grid) and
        ``invariance_draws``, and the images' name as target. ``settings``: the checked
        settings.

    Raises
    ------
    UserError
        For another file than expected, a setting out of range, or a representation that is not
        finite.
    """
    shown = {key: settings[key] for key in ("data", "spec", "natural")}
    own = {key: value for key, value in settings.items() if key not in shown}
    spec, natural = DatasetSpec.from_dict(dict(shown["spec"])), shown["natural"]
    loaded = models.load(model_path, expect)
    sources = load_images(images, spec.split, natural, config)
    place = devices.for_rendering(devices.resolve(own["device"]))
    shard = make_shard(spec, **sources, device=place)
    found = represent.measure(loaded, shard, sources["base"], {**own, **INVARIANCE_ALONE})
    return {
        "evaluations": [on_dataset(shown["data"], one) for one in found.evaluations],
        "settings": {**found.settings, **shown},
    }
