# The picture of the target images that single source classes help, of the study's first seed.
from types import SimpleNamespace

if "subpopulations" in ARTEFACTS:
    PICTURED = SimpleNamespace(
        study="influence", domain=STUDIES["influence"].domains[0], seed=0, cell=None
    )
    PICTURED.cell = f"<results>/{PICTURED.study}/{PICTURED.domain}/seed{PICTURED.seed}"
    PICTURED.masks = STUDIES["influence"].settings["masks"]["kinds"][0]

    rule draw_subpopulations:
        input:
            **{
                f"{dataset}_{kind}": path
                for dataset in ("source", "target")
                for kind, path in (images(PICTURED, dataset) if KEEPS_RECIPES else {}).items()
            },
            influence=f"{PICTURED.cell}/influence/{PICTURED.masks}/influence.safetensors",
            source=f"{PICTURED.cell}/data/source/test.safetensors",
            target=f"{PICTURED.cell}/data/target/val.safetensors",
        output:
            report(
                "<results>/figures/subpopulations.png",
                category=ARTEFACTS["subpopulations"].report_category,
                caption="../report/subpopulations.rst",
                labels={"shows": ARTEFACTS["subpopulations"].title},
            ),
            "<results>/figures/subpopulations.pdf",
            "<results>/figures/subpopulations.csv",
        log:
            "<logs>/figures/subpopulations.log",
        localrule: True
        conda:
            "../../envs/plot.yaml"
        params:
            **CAPTION_PARAMETERS["subpopulations"],
            domain=PICTURED.domain,
            masks=PICTURED.masks,
            permutations=STUDIES["influence"].settings["statistics"]["permutations"],
            of=source_digests("subpopulations"),
            recipe=RECIPES["figures"],
        script:
            "../scripts/draw_subpopulations.py"
