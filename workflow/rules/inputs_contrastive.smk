from invariance.studies.contrastive import datasets as contrastive_datasets


def measured_datasets(wildcards):
    """The datasets that a study's networks are measured on, with their splits."""
    names = (contrastive_datasets.SOURCE, *STUDIES[wildcards.study].targets)
    return {name: contrastive_datasets.measured_split(wildcards.domain, name) for name in names}


@signed
def measured_images(wildcards):
    """A shard of every dataset that networks are measured on, and the images that it shows."""
    files = {}
    for name, split in measured_datasets(wildcards).items():
        files[f"{name}_shard"] = f"<cell>/data/{name}/{split}.safetensors"
        shown = images(wildcards, name)
        files |= {f"{name}_{kind}": path for kind, path in shown.items()}
    return files


@signed
def groups_of_views(wildcards):
    """Every group of views of a network's study."""
    names = STUDIES[wildcards.study].units(wildcards.domain, "views")
    return {f"views_{name}": f"<cell>/views/{name}/views.safetensors" for name in names}


@signed
def pictures_of_views(wildcards):
    """The table and pictures of a group of views, or the images that it is rendered from."""
    from invariance.studies.contrastive.listing import list_views

    table = STUDIES[wildcards.study].groups[wildcards.unit].get("csv")
    if not table:
        return {"base": BASE}
    try:
        return {"table": table, "pictures": [row.path for row in list_views(table)]}
    except UserError as error:
        sys.exit(f"error: {error}")


@signed
def fused_networks(wildcards):
    """The networks of a fusion; those of an ensemble have several seeds."""
    study = STUDIES[wildcards.study]
    return [
        f"<results>/{wildcards.study}/{wildcards.domain}/seed{seed}/encoders/{name}/model.safetensors"
        for seed, name in study.parts(int(wildcards.seed), wildcards.unit)
    ]
