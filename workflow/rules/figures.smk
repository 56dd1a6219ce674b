rule collect_results:
    input:
        lambda wildcards: [
            f"<results>/{wildcards.study}/{record}"
            for record in STUDIES[wildcards.study].records()
        ],
    output:
        table="<results>/{study}/results.csv",
        digest="<results>/{study}/results.csv.sha256",
    log:
        "<logs>/{study}/collect.log",
    localrule: True
    conda:
        "../../envs/plot.yaml"
    params:
        of=source_digests("{study}"),
        recipe=RECIPES["results"],
    script:
        "../scripts/collect_results.py"


for module, figure in {figure.module: figure for figure in FIGURES.values()}.items():

    rule:
        name:
            f"draw_{module.replace('.', '_')}"
        input:
            results=lambda wildcards: f"<results>/{FIGURES[wildcards.figure].study}/results.csv",
            published=PUBLISHED,
        output:
            report(
                "<results>/figures/{figure}.png",
                category=figure.report_category,
                caption=f"../report/{figure.caption}.rst",
                labels=lambda wildcards: {"shows": FIGURES[wildcards.figure].title},
            ),
            "<results>/figures/{figure}.pdf",
            "<results>/figures/{figure}.csv",
        log:
            "<logs>/figures/{figure}.log",
        wildcard_constraints:
            figure="|".join(name for name, figure in FIGURES.items() if figure.module == module),
        localrule: True
        conda:
            "../../envs/plot.yaml"
        params:
            **{
                key: lambda wildcards, key=key: CAPTION_PARAMETERS[wildcards.figure][key]
                for name, figure in FIGURES.items()
                if figure.module == module
                for key in CAPTION_PARAMETERS[name]
            },
            of=source_digests("{figure}"),
            recipe=RECIPES["figures"],
        script:
            "../scripts/draw_figure.py"
