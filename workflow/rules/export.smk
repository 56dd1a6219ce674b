from invariance.provenance.source_digests import digest
from invariance.sharing.export import image_license
from invariance.provenance.lineage import lineage

EXPORT = "<results>/export/{study}/{domain}/seed{seed}/{kind}/{shared}"
# Seed 0 of the models that a study exports by default, and its target tasks.
EXPORTED = [
    EXPORT.format(study=name, domain=domain, seed=0, kind=kind, shared=shared)
    for name, study in STUDIES.items()
    for domain, models in study.exported().items()
    for kind, group in {"models": models, "datasets": study.targets}.items()
    for shared in group
]


rule export_model:
    input:
        unpack(kept_images),
        model=rules.pretrain.output.model,
        record=rules.pretrain.output.record,
        data=lambda wildcards: pretraining_data(wildcards)["val"],
    output:
        directory("<results>/export/{study}/{domain}/seed{seed}/models/{model}"),
    log:
        "<logs>/export/{study}/{domain}/seed{seed}/models/{model}.log",
    localrule: True
    conda:
        "../../envs/torch.yaml"
    resources:
        **resources("rendering"),
    params:
        of=lambda wildcards: {"model": digest(lineage(config, wildcards, "pretraining"))},
    script:
        "../scripts/export_model.py"


rule export_dataset:
    input:
        unpack(kept_images),
        **{split: f"<cell>/data/{{dataset}}/{split}.safetensors" for split in SPLITS},
    output:
        directory("<results>/export/{study}/{domain}/seed{seed}/datasets/{dataset}"),
    log:
        "<logs>/export/{study}/{domain}/seed{seed}/datasets/{dataset}.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        **resources("rendering"),
    params:
        of=lambda wildcards: {
            "dataset": digest(
                [from_study("dataset_specs", "dataset")(wildcards), dataset_identity(wildcards)]
            )
        },
        name="{study} {domain} seed{seed} {dataset}",
        license=lambda wildcards: image_license(
            from_study("dataset_specs", "dataset")(wildcards)["train"],
            STUDIES[wildcards.study].natural(wildcards.domain, wildcards.dataset),
            config,
        ),
    script:
        "../scripts/export_dataset.py"


rule export:
    input:
        EXPORTED,
    localrule: True
