from invariance.figures.factors import FIGURES

DOMAINS = STUDIES["invariance_vs_factors"].domains
# Figure 1 shows Transforms-2D, the others each a domain.
SHOWN = {"fig1": "t2d", **{name: domain for name, (domain, *_) in FIGURES.items()}}
ARTEFACTS = [name for name, domain in SHOWN.items() if domain in DOMAINS]


for artefact in ARTEFACTS:

    rule:
        name:
            artefact
        input:
            f"<results>/figures/{artefact}.png",
        localrule: True


rule invariance_vs_factors:
    input:
        "<results>/invariance_vs_factors/results.csv",
        [f"<results>/figures/{name}.png" for name in ARTEFACTS],
    localrule: True


rule download:
    input:
        "<results>/base_images/images.safetensors",
        [
            f"<results>/natural_images/{domain}/{part}.safetensors"
            for domain in DOMAINS
            if domain != "t2d"
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
        config=config,
    script:
        "../scripts/write_config.py"
