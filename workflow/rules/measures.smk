from invariance.artefacts import on_request
from invariance.studies.measured import settings as measured_settings

# The studies whose models are measured on request, and the tables of all of them.
MEASURED = measured_settings.measured(STUDIES.values())
ON_REQUEST = on_request(STUDIES)


# Every measure of invariance of one frozen model, on images that it was not trained on.
rule measure_model:
    input:
        unpack(measured_pictures),
        model=rules.pretrain.output.model,
    output:
        "<cell>/measures/{model}/record.json",
    log:
        "<logs>/{study}/{domain}/seed{seed}/measures/{model}.log",
    wildcard_constraints:
        model=names_of("measures"),
    conda:
        "../../envs/torch.yaml"
    threads: EVALUATION["threads"]
    resources:
        **resources("evaluation", work.measures, "model"),
        gpu=1,
    params:
        settings=from_study("measures"),
        recipe=RECIPES["measures"],
    script:
        "../scripts/measure_model.py"


# The measures of all models of a study, in one table.
rule collect_measures:
    input:
        lambda wildcards: [
            f"<results>/{wildcards.study}/{record}"
            for record in STUDIES[wildcards.study].records(measured_settings.STAGES)
        ],
    output:
        table="<results>/{study}/measures.csv",
        digest="<results>/{study}/measures.csv.sha256",
    log:
        "<logs>/{study}/collect_measures.log",
    wildcard_constraints:
        study="|".join(study.name for study in MEASURED) or NOTHING,
    localrule: True
    conda:
        "../../envs/plot.yaml"
    params:
        of=signed(lambda wildcards: measures_digests([STUDIES[wildcards.study]])),
        recipe=RECIPES["results"],
    script:
        "../scripts/collect_measures.py"


# What the measures say of the models of all studies.
rule write_model_table:
    input:
        results=[f"<results>/{study.name}/measures.csv" for study in MEASURED],
    output:
        multiext("<results>/tables/{table}", ".csv", ".md", ".tex"),
        report(
            "<results>/tables/{table}.html",
            category="Measures of invariance",
            caption="../report/model_tables.rst",
            labels=lambda wildcards: {"shows": ON_REQUEST[wildcards.table].title},
        ),
    log:
        "<logs>/tables/{table}.log",
    wildcard_constraints:
        table="|".join(ON_REQUEST) or NOTHING,
    localrule: True
    conda:
        "../../envs/plot.yaml"
    params:
        of=source_digests("{table}"),
        description=DESCRIPTION,
        recipe=RECIPES["tables"],
    script:
        "../scripts/write_table.py"


for artefact in ON_REQUEST:

    rule:
        name:
            artefact
        input:
            f"<results>/tables/{artefact}.html",
        localrule: True


if ON_REQUEST:

    rule measures:
        input:
            [f"<results>/tables/{artefact}.html" for artefact in ON_REQUEST],
        localrule: True
