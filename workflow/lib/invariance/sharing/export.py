"""Export of a model: its unchanged weights, its settings as JSON, and its card."""

import shutil
from collections.abc import Mapping

from invariance.records.results import read_all, read_expected
from transforms2d.errors import UserError
from transforms2d.files.atomic import atomic_folder
from transforms2d.files.signed import write_json


def export_model(
    folder,
    weights,
    record,
    data,
    expect: Mapping | None = None,
    expect_record: Mapping | None = None,
) -> None:
    """Write ``model.safetensors``, ``config.json`` and ``README.md`` to a new folder.

    Parameters
    ----------
    folder : path
        Must be missing or empty. It appears whole or not at all.
    weights, record : path
        Files of the pretraining.
    data : Shard
        Any split of its pretraining data; the card names the classes.
    expect : mapping or None
        Identity that the weights must have, see ``lineage.identities``.
    expect_record : mapping or None
        Expected content of the record, see ``lineage.expected_records``.

    Raises
    ------
    UserError
        If a file is missing, damaged or of another model, or the data are not those of the model.
    """
    from invariance import models
    from invariance.sharing.model_card import model_card

    model, settings = models.load(weights, expect)
    if len(data.class_names) != settings["num_classes"]:
        raise UserError(
            f"{weights}: has {settings['num_classes']} classes and the data "
            f"{len(data.class_names)}; give its pretraining data"
        )
    if expect_record is None:
        [content] = read_all([record])
    else:
        [content] = read_expected([record], [expect_record])
    card = model_card(content, data.spec, data.class_names, model.representation_dim)
    config = {"settings": settings, "class_names": data.class_names, "data": data.spec.to_dict()}
    with atomic_folder(folder) as out:
        shutil.copyfile(weights, out / "model.safetensors")
        write_json(out / "config.json", config)
        (out / "README.md").write_text(card, encoding="utf-8")


def image_license(spec: Mapping, natural: str | None, config: Mapping) -> str:
    """Licence identifier of the images of a dataset, from their sources.

    ``unknown`` for a person's own folders, and for CIFAR, whose authors state none.

    Parameters
    ----------
    spec : mapping
        The result of ``DatasetSpec.to_dict``.
    natural : str or None
        The natural images it shows, a key of ``natural_images`` in the configuration.
    config : mapping
        The checked configuration.
    """
    sources = []
    if spec["foreground"] == "objects" or spec["background"] == "images":
        sources.append(config["base_images"]["source"])
    if natural:
        sources.append(config["natural_images"][natural]["source"])
    return "apache-2.0" if set(sources) <= {"huggingface", "procedural"} else "unknown"
