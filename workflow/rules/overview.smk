SHOWN = [name for name, artefact in ARTEFACTS.items() if artefact.kind == "figures"]


rule figures_page:
    input:
        pictures=[f"<results>/figures/{figure}.png" for figure in SHOWN],
        captions=[at_root(f"workflow/report/{ARTEFACTS[f].caption}.rst") for f in SHOWN],
    output:
        "<results>/figures/index.html",
    log:
        "<logs>/figures/index.log",
    localrule: True
    conda:
        "../../envs/plot.yaml"
    params:
        of=signed(lambda wildcards: {name: of_artefact(name, config, STUDIES) for name in SHOWN}),
        told=[TOLD.get(figure, {}) for figure in SHOWN],
        recipe=RECIPES["pages"],
    script:
        "../scripts/write_figures_page.py"


rule overview:
    input:
        claims="<results>/scorecard/claims.csv",
        ledger=rules.ledger.output.table,
        # It links to them.
        config="<results>/config.yaml",
        shown=[rules.figures_page.output, [shown(table) for table in TABLES]],
    output:
        report(
            "<results>/overview.html",
            category="Overview",
            labels={"shows": "Overview: what was run, claims, what it took"},
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
        of=of("overview"),
        about=ABOUT,
        recipe=RECIPES["pages"],
    script:
        "../scripts/write_overview.py"
