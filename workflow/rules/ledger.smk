rule ledger:
    input:
        lambda wildcards: [
            f"<results>/{name}/{record}"
            for name, study in STUDIES.items()
            for record in study.records()
        ],
    output:
        table="<results>/ledger.csv",
        page=report(
            "<results>/ledger.html",
            category="Time and memory",
            caption="../report/ledger.rst",
            labels={"shows": "Time and memory by study, figure and table"},
        ),
    log:
        "<logs>/ledger.log",
    localrule: True
    conda:
        "../../envs/plot.yaml"
    params:
        of=source_digests("ledger"),
        artefacts=list(ARTEFACTS),
        recipe=RECIPES["ledger"],
    script:
        "../scripts/write_ledger.py"


# List every result file with its digest; this job runs last.
rule manifest:
    input:
        lambda wildcards: rules.all.input,
        rules.ledger.output,
    output:
        "<results>/manifest.json",
    log:
        "<logs>/manifest.log",
    localrule: True
    conda:
        "../../envs/plot.yaml"
    params:
        of=source_digests("manifest"),
    script:
        "../scripts/write_manifest.py"
