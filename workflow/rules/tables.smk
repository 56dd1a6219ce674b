if TABLES:

    rule write_table:
        input:
            results=lambda wildcards: f"<results>/{TABLES[wildcards.table].study}/results.csv",
        output:
            multiext("<results>/tables/{table}", ".csv", ".md", ".tex"),
            report(
                "<results>/tables/{table}.html",
                category="Tables",
                caption="../report/tables.rst",
                labels=lambda wildcards: {"shows": TABLES[wildcards.table].title},
            ),
        log:
            "<logs>/tables/{table}.log",
        wildcard_constraints:
            table="|".join(TABLES),
        localrule: True
        conda:
            "../../envs/plot.yaml"
        params:
            of=source_digests("{table}"),
            description=DESCRIPTION,
            recipe=RECIPES["tables"],
        script:
            "../scripts/write_table.py"
