"""Settings of the measures of a network, by dataset."""

from invariance.studies.contrastive.datasets import CIFAR10, LATENTS, MEASURED, OBJECTS
from invariance.studies.seeds import derive


def settings_by_dataset(study, seed: int) -> dict[str, dict]:
    """Settings of ``measures.represent``, without the device, by dataset.

    Whole images are changed on the datasets of ``invariance.datasets``. Twins are pairs of objects,
    or of natural images, that differ in one draw of a transformation. Latents are read out of
    ``latents``, and classes of ``objects`` and ``cifar10``.
    """
    return {name: _settings(study, seed, name) for name in MEASURED}


def _settings(study, seed: int, name: str) -> dict:
    invariance, downstream = study.settings["invariance"], study.settings["downstream"]
    is_changed, size = name in invariance["datasets"], study.settings["measured"][name]
    has_classes = name in (OBJECTS, CIFAR10)
    is_read = has_classes or name == LATENTS
    settings = {
        "transformations": list(invariance["transformations"]),
        "images": size["scored"],
        "fit": size["fit"],
        "grid": invariance["grid"] if is_changed else 0,
        "draws": invariance["draws"] if is_changed else 0,
        "twins": has_classes,
        "shrinkages": list(invariance["shrinkages"]),
        "readout_train": size["fit"] if is_read else 0,
        "readout_test": size["scored"] if is_read else 0,
        "latents": name == LATENTS,
        "penalties": downstream["penalties"] if has_classes else 0,
        "folds": downstream["folds"],
        **study.settings["faithful"],
        "normaliser": study.switches["sensitivity_normaliser"],
        "batch_size": study.config["sensitivity"]["batch_size"],
        "seed": derive(study.seed_pair(seed)[1], "represent", name),
        "precision": study.config["pretraining"]["precision"],
    }
    return dict(sorted(settings.items()))
