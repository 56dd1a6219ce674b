from invariance.studies import STUDIES as KNOWN

for artefact in ARTEFACTS:

    rule:
        name:
            artefact
        input:
            shown(artefact),
        localrule: True


for study_name in STUDIES:

    rule:
        name:
            study_name
        input:
            f"<results>/{study_name}/results.csv",
            [shown(name) for name, artefact in ARTEFACTS.items() if artefact.study == study_name],
        localrule: True


rule download:
    input:
        BASE,
        [
            f"<results>/natural_images/{natural}/{part}.safetensors"
            for natural in NATURAL_CLASSES
            for part in ("train", "test")
        ],
    localrule: True


rule write_config:
    output:
        "<results>/config.yaml",
    log:
        "<logs>/config.log",
    localrule: True
    conda:
        "../../envs/plot.yaml"
    params:
        # Laid over the paper's configuration, it makes the same run again.
        config={**config, "studies": {**dict.fromkeys(KNOWN), **config["studies"]}},
    script:
        "../scripts/write_config.py"
