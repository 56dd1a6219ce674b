for caption, table in {table.caption: table for table in TABLES.values()}.items():

    rule:
        name:
            f"write_{caption.removesuffix('s')}"
        input:
            results=lambda wildcards: f"<results>/{TABLES[wildcards.table].study}/results.csv",
        output:
            multiext("<results>/tables/{table}", ".csv", ".md", ".tex"),
            report(
                "<results>/tables/{table}.html",
                category=table.report_category,
                caption=f"../report/{caption}.rst",
                labels=lambda wildcards: {"shows": TABLES[wildcards.table].title},
            ),
        log:
            "<logs>/tables/{table}.log",
        wildcard_constraints:
            table="|".join(name for name, table in TABLES.items() if table.caption == caption),
        localrule: True
        conda:
            "../../envs/plot.yaml"
        params:
            of=source_digests("{table}"),
            description=DESCRIPTION,
            recipe=RECIPES["tables"],
        script:
            "../scripts/write_table.py"
