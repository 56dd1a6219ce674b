from invariance.figures.factors import FIGURES
from invariance.studies.examples import FIGURES as PICTURES

DOMAINS = STUDIES["invariance_vs_factors"].domains
# Figure 1 shows Transforms-2D, the others each a domain.
SHOWN = {"fig1": "t2d", **{name: domain for name, (domain, *_) in FIGURES.items()}}
STUDY_FIGURES = [name for name, domain in SHOWN.items() if domain in DOMAINS]
ARTEFACTS = [*STUDY_FIGURES, *PICTURES]


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
        [f"<results>/figures/{name}.png" for name in STUDY_FIGURES],
    localrule: True


rule download:
    input:
        "<results>/base_images/images.safetensors",
        [
            f"<results>/natural_images/{domain}/{part}.safetensors"
            # Pictures of the data show CIFAR-10 whatever the studies are about.
            for domain in sorted({"cifar10", *DOMAINS} - {"t2d"})
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
