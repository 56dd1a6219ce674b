rule scorecard:
    input:
        **{name: f"<results>/{name}/results.csv" for name in STUDIES},
        published=PUBLISHED,
    output:
        report(
            "<results>/scorecard/scorecard.html",
            category="Scorecard",
            caption="../report/scorecard.rst",
            labels={"shows": "Scorecard: published values and claims"},
        ),
        "<results>/scorecard/scorecard.csv",
        "<results>/scorecard/claims.csv",
        "<results>/scorecard/conditions.csv",
        "<results>/scorecard/summary.txt",
    log:
        "<logs>/scorecard.log",
    localrule: True
    conda:
        "../../envs/plot.yaml"
    params:
        of=source_digests("scorecard"),
        description=DESCRIPTION,
        recipe=RECIPES["scorecard"],
    script:
        "../scripts/make_scorecard.py"
