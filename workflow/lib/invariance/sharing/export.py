"""Sharing a model: its weights as they are, its settings as JSON, and its card."""

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
        Must not exist, or be empty. It appears whole or not at all.
    weights, record : path
        What the pretraining wrote.
    data : Shard
        Any split of the data it was pretrained on; the card names its classes.
    expect : mapping or None
        What the weights must be of, see ``lineage.files``.
    expect_record : mapping or None
        What the record must say, see ``lineage.expected_records``.

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
            f"{len(data.class_names)}; give the data it was pretrained on"
        )
    told = read_all([record]) if expect_record is None else read_expected([record], [expect_record])
    card = model_card(told[0], data.spec, data.class_names, model.representation_dim)
    described = {"settings": settings, "class_names": data.class_names, "data": data.spec.to_dict()}
    with atomic_folder(folder) as out:
        shutil.copyfile(weights, out / "model.safetensors")
        write_json(out / "config.json", described)
        (out / "README.md").write_text(card, encoding="utf-8")


def image_license(spec: Mapping, natural: str | None, config: Mapping) -> str:
    """Licence identifier of the images of a dataset, from the sources it is rendered from.

    ``unknown`` for folders of a person's own and for CIFAR, whose authors state none.

    Parameters
    ----------
    spec : mapping
        Of ``DatasetSpec.to_dict``.
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
