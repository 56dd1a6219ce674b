@signed
def images(wildcards, dataset=None):
    """The prepared images that a dataset is rendered from."""
    study = STUDIES[wildcards.study]
    name = dataset or wildcards.dataset
    spec = study.dataset_specs(wildcards.domain, int(wildcards.seed), name)["train"]
    files = {}
    if spec["foreground"] == "objects" or spec["background"] == "images":
        files["base"] = BASE
    natural = study.natural(wildcards.domain, name)
    if natural:
        for part in ("train", "test"):
            files[f"natural_{part}"] = f"<results>/natural_images/{natural}/{part}.safetensors"
    return files


@signed
def pretraining_data(wildcards):
    """Shards of the model's data, and the images where every epoch draws new transformations."""
    study = STUDIES[wildcards.study]
    data = study.data(wildcards.model)
    shards = {split: f"<cell>/data/{data}/{split}.safetensors" for split in SPLITS}
    fresh = study.draws(wildcards.domain, int(wildcards.seed), data) == "fresh"
    return {**shards, **(images(wildcards, data) if fresh or KEEPS_RECIPES else {})}


@signed
def target_data(wildcards):
    """Every split of every target task of a model's study, by the target's name, and images."""
    targets = STUDIES[wildcards.study].targets
    shards = {
        target: [f"<cell>/data/{target}/{split}.safetensors" for split in SPLITS]
        for target in targets
    }
    return {**shards, **images_of_draws(wildcards, targets)}


@signed
def fine_tuning_data(wildcards):
    """Every split of one target task, by the split's name, and images."""
    target = wildcards.target
    shards = {split: f"<cell>/data/{target}/{split}.safetensors" for split in SPLITS}
    return {**shards, **images_of_draws(wildcards, [target])}


def images_of_draws(wildcards, targets):
    """The prepared images of targets that a transfer sees in several draws, or renders again."""
    study, place = STUDIES[wildcards.study], (wildcards.domain, int(wildcards.seed))
    several = study.switches["transfer_draws"] > 1
    rendered = [
        name
        for name in targets
        if KEEPS_RECIPES or (several and study.draws(*place, name) == "fresh")
    ]
    return {key: path for name in rendered for key, path in images(wildcards, name).items()}


@signed
def images_of_twins(wildcards):
    """The prepared images that a model's sets of twins are rendered from."""
    sets = from_study("sensitivity_sets")(wildcards).values()
    naturals = {twins["natural"] for twins in sets} - {None}
    files = {name: f"<results>/natural_images/{name}/test.safetensors" for name in naturals}
    kinds = {twins["spec"][layer] for twins in sets for layer in ("foreground", "background")}
    return {**files, **({"base": BASE} if kinds & {"objects", "images"} else {})}


@signed
def measured_pictures(wildcards):
    """The prepared images that a model's held-out images are rendered from."""
    measured = from_study("measures")(wildcards)
    natural, spec = measured["natural"], measured["spec"]
    files = {"natural_test": f"<results>/natural_images/{natural}/test.safetensors"}
    has_base = spec["foreground"] == "objects" or spec["background"] == "images"
    return {**(files if natural else {}), **({"base": BASE} if has_base else {})}


@signed
def kept_images(wildcards):
    """The prepared images of an exported dataset, or of an exported model's data."""
    if not KEEPS_RECIPES:
        return {}
    if "dataset" in wildcards.keys():
        return images(wildcards)
    return images(wildcards, STUDIES[wildcards.study].data(wildcards.model))


@signed
def source_and_target(wildcards):
    """Shards of source and target, and the images of each where shards keep no pixels."""
    used = {"source": ("train", "test"), "target": SPLITS}
    shards = {
        f"{name}_{split}": f"<cell>/data/{name}/{split}.safetensors"
        for name, splits in used.items()
        for split in splits
    }
    if not KEEPS_RECIPES:
        return shards
    prepared = {
        f"{name}_{kind}": path for name in used for kind, path in images(wildcards, name).items()
    }
    return {**shards, **prepared}


def units_by_role(wildcards):
    """Networks that influences are estimated from: of the masks, of repeated ones, of all classes."""
    return STUDIES[wildcards.study].units_by_role(wildcards.unit)
