from invariance.figures.factors import FIGURES as FACTOR_FIGURES
from invariance.figures.factors import describe

VS_FACTORS = STUDIES["invariance_vs_factors"]
EXAMPLES = "<results>/invariance_vs_factors/t2d/seed0/data"


rule collect_results:
    input:
        lambda wildcards: [
            f"<results>/{wildcards.study}/{record}"
            for record in STUDIES[wildcards.study].records()
        ],
    output:
        "<results>/{study}/results.csv",
    log:
        "<logs>/{study}/collect.log",
    localrule: True
    conda:
        "../../envs/plot.yaml"
    script:
        "../scripts/collect_results.py"


rule draw_examples:
    input:
        target=f"{EXAMPLES}/target/test.safetensors",
        same=f"{EXAMPLES}/{VS_FACTORS.example('same')}/val.safetensors",
        different=f"{EXAMPLES}/{VS_FACTORS.example('different')}/val.safetensors",
    output:
        report(
            "<results>/figures/fig1.png",
            category="Figures",
            caption="../report/examples.rst",
            labels={"figure": "1", "shows": "examples of the data"},
        ),
        "<results>/figures/fig1.pdf",
        "<results>/figures/fig1.csv",
    log:
        "<logs>/figures/fig1.log",
    localrule: True
    conda:
        "../../envs/plot.yaml"
    script:
        "../scripts/draw_examples.py"


rule draw_factors:
    input:
        "<results>/invariance_vs_factors/results.csv",
    output:
        report(
            "<results>/figures/{factor_figure}.png",
            category="Figures",
            caption="../report/factors.rst",
            labels=lambda wildcards: {
                "figure": wildcards.factor_figure.removeprefix("fig"),
                "shows": describe(wildcards.factor_figure),
            },
        ),
        "<results>/figures/{factor_figure}.pdf",
        "<results>/figures/{factor_figure}.csv",
    log:
        "<logs>/figures/{factor_figure}.log",
    wildcard_constraints:
        factor_figure="|".join(FACTOR_FIGURES),
    localrule: True
    conda:
        "../../envs/plot.yaml"
    params:
        seeds=len(VS_FACTORS.seeds),
        accuracy=VS_FACTORS.switches["accuracy"],
    script:
        "../scripts/draw_factors.py"
