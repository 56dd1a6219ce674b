from invariance.export import image_license

EXPORT = "<results>/export/{study}/{domain}/seed{seed}"


def exported(study):
    """What ``export`` shares of a study: seed 0 of its chosen models, and its target tasks."""
    of = STUDIES[study]
    for domain, names in of.exported().items():
        folder = EXPORT.format(study=study, domain=domain, seed=0)
        yield from (f"{folder}/models/{name}" for name in names)
        yield from (f"{folder}/datasets/{target}" for target in of.targets)


def about_dataset(wildcards):
    """Title and licence of an exported dataset."""
    of = STUDIES[wildcards.study]
    spec = ask("dataset_specs", "dataset")(wildcards)["train"]
    natural = of.natural(wildcards.domain, wildcards.dataset)
    return {
        "name": "{study} {domain} seed{seed} {dataset}".format(**wildcards),
        "license": image_license(spec, natural, config),
    }


rule export_model:
    input:
        model=rules.pretrain.output.model,
        record=rules.pretrain.output.record,
        data=lambda wildcards: pretraining_data(wildcards)["val"],
    output:
        directory(f"{EXPORT}/models/{{model}}"),
    log:
        "<logs>/export/{study}/{domain}/seed{seed}/models/{model}.log",
    localrule: True
    conda:
        "../../envs/torch.yaml"
    resources:
        **resources("rendering"),
    script:
        "../scripts/export_model.py"


rule export_dataset:
    input:
        [f"<cell>/data/{{dataset}}/{split}.safetensors" for split in SPLITS],
    output:
        directory(f"{EXPORT}/datasets/{{dataset}}"),
    log:
        "<logs>/export/{study}/{domain}/seed{seed}/datasets/{dataset}.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        **resources("rendering"),
    params:
        about=about_dataset,
    script:
        "../scripts/export_dataset.py"


rule export:
    input:
        [path for study in STUDIES for path in exported(study)],
    localrule: True
