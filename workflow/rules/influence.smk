# Which source classes each network sees. A larger number of networks adds files.
rule draw_masks:
    output:
        masks="<cell>/masks/{unit}/masks.csv",
    log:
        "<logs>/{study}/{domain}/seed{seed}/masks/{unit}.log",
    wildcard_constraints:
        unit=names_of("masks"),
    localrule: True
    conda:
        "../../envs/plot.yaml"
    params:
        settings=from_study("masks", "unit"),
        recipe=RECIPES["masks"],
    script:
        "../scripts/draw_masks.py"


# Networks on subsets of the source classes, each with its transfer to the target.
rule train_subsets:
    input:
        unpack(source_and_target),
        masks=rules.draw_masks.output.masks,
    output:
        # "update": see the rule pretrain.
        outputs=update("<cell>/subsets/{unit}/outputs.safetensors"),
        record=update("<cell>/subsets/{unit}/record.json"),
    log:
        "<logs>/{study}/{domain}/seed{seed}/subsets/{unit}.log",
    wildcard_constraints:
        unit=names_of("subsets"),
    conda:
        "../../envs/torch.yaml"
    threads: config["resources"]["pretraining"]["threads"]
    resources:
        **resources("pretraining", work.subsets, "unit"),
        gpu=1,
    params:
        settings=from_study("subsets", "unit"),
        masks=from_study("masks", "unit"),
        recipe=RECIPES["subsets"],
    script:
        "../scripts/train_subsets.py"


# The influence of each source class, how far it is reliable, and orders of removal.
rule estimate_influence:
    input:
        unpack(
            lambda wildcards: {
                role: [f"<cell>/subsets/{unit}/outputs.safetensors" for unit in units]
                for role, units in units_by_role(wildcards).items()
            }
        ),
        val="<cell>/data/target/val.safetensors",
    output:
        influence="<cell>/influence/{unit}/influence.safetensors",
        record="<cell>/influence/{unit}/record.json",
    log:
        "<logs>/{study}/{domain}/seed{seed}/influence/{unit}.log",
    wildcard_constraints:
        unit=names_of("influence"),
    localrule: True
    conda:
        "../../envs/plot.yaml"
    params:
        settings=from_study("influence", "unit"),
        units=units_by_role,
        recipe=RECIPES["influence"],
    script:
        "../scripts/estimate_influence.py"


# Networks without the source classes that an order of removal names first.
rule train_counterfactuals:
    input:
        unpack(source_and_target),
        influence=lambda wildcards: (
            f"<cell>/influence/{STUDIES[wildcards.study].kinds[0]}/record.json"
        ),
    output:
        record=update("<cell>/counterfactuals/{unit}/record.json"),
    log:
        "<logs>/{study}/{domain}/seed{seed}/counterfactuals/{unit}.log",
    wildcard_constraints:
        unit=names_of("counterfactuals"),
    conda:
        "../../envs/torch.yaml"
    threads: config["resources"]["pretraining"]["threads"]
    resources:
        **resources("pretraining", work.counterfactuals, "unit"),
        gpu=1,
    params:
        settings=from_study("counterfactuals", "unit"),
        recipe=RECIPES["counterfactuals"],
    script:
        "../scripts/train_counterfactuals.py"
