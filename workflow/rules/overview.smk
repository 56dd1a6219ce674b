PAGE_FIGURES = [name for name, artefact in ARTEFACTS.items() if artefact.kind == "figures"]


rule figures_page:
    input:
        pictures=[f"<results>/figures/{name}.png" for name in PAGE_FIGURES],
        captions=[
            at_root(f"workflow/report/{ARTEFACTS[name].caption}.rst") for name in PAGE_FIGURES
        ],
    output:
        "<results>/figures/index.html",
    log:
        "<logs>/figures/index.log",
    localrule: True
    conda:
        "../../envs/plot.yaml"
    params:
        of=signed(
            lambda wildcards: {
                name: artefact_digests(name, config, STUDIES) for name in PAGE_FIGURES
            }
        ),
        told=[CAPTION_PARAMETERS.get(name, {}) for name in PAGE_FIGURES],
        recipe=RECIPES["pages"],
    script:
        "../scripts/write_figures_page.py"


rule overview:
    input:
        claims="<results>/scorecard/claims.csv",
        values="<results>/scorecard/scorecard.csv",
        ledger=rules.ledger.output.table,
        # The page links to these files.
        config="<results>/config.yaml",
        shown=[rules.figures_page.output, [main_file(table) for table in TABLES]],
    output:
        report(
            "<results>/overview.html",
            category="Overview",
            labels={"shows": "Overview: the run, its claims, its time and memory"},
            caption="../report/overview.rst",
        ),
        "<results>/overview.rst",
        "<results>/overview.txt",
    log:
        "<logs>/overview.log",
    localrule: True
    conda:
        "../../envs/plot.yaml"
    params:
        of=source_digests("overview"),
        description=DESCRIPTION,
        recipe=RECIPES["pages"],
    script:
        "../scripts/write_overview.py"
