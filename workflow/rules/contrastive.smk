# Groups of views of the same thing, as one file.
rule prepare_views:
    input:
        unpack(pictures_of_views),
    output:
        "<cell>/views/{unit}/views.safetensors",
    log:
        "<logs>/{study}/{domain}/seed{seed}/views/{unit}.log",
    wildcard_constraints:
        unit=names_of("views"),
    localrule: True
    conda:
        "../../envs/torch.yaml"
    params:
        settings=from_study("view_groups", "unit"),
        recipe=RECIPES["views"],
        rendering=RECIPES["dataset"],  # these images are in no shard
    script:
        "../scripts/prepare_views.py"


# A network trained under views of images, or the untrained one.
rule pretrain_contrastive:
    input:
        unpack(pretraining_data),
    output:
        # "update": see the rule pretrain.
        model=update("<cell>/encoders/{model}/model.safetensors"),
        metrics=update("<cell>/encoders/{model}/metrics.jsonl"),
        record=update("<cell>/encoders/{model}/record.json"),
    log:
        "<logs>/{study}/{domain}/seed{seed}/encoders/{model}.log",
    wildcard_constraints:
        model=names_of("contrastive"),
    conda:
        "../../envs/torch.yaml"
    threads: config["resources"]["pretraining"]["threads"]
    resources:
        **resources("pretraining", work.contrastive, "model"),
        gpu=1,
    params:
        settings=from_study("pretraining"),
        recipe=RECIPES["contrastive"],
    script:
        "../scripts/pretrain_contrastive.py"


# Every measure of a frozen network: its invariances, and what can be read out of it.
rule represent:
    input:
        unpack(measured_images),
        unpack(groups_of_views),
        model=rules.pretrain_contrastive.output.model,
    output:
        "<cell>/represent/{model}/record.json",
    log:
        "<logs>/{study}/{domain}/seed{seed}/represent/{model}.log",
    wildcard_constraints:
        model=names_of("represent"),
    conda:
        "../../envs/torch.yaml"
    threads: EVALUATION["threads"]
    resources:
        **resources("evaluation", work.represent, "model"),
        gpu=1,
    params:
        settings=from_study("represent"),
        splits=measured_datasets,
        views_with=contrastive_datasets.SOURCE,
        recipe=RECIPES["represent"],
    script:
        "../scripts/represent.py"


# What can be read out of several frozen networks side by side.
rule fuse:
    input:
        unpack(measured_images),
        models=fused_networks,
    output:
        "<cell>/fusion/{unit}/record.json",
    log:
        "<logs>/{study}/{domain}/seed{seed}/fusion/{unit}.log",
    wildcard_constraints:
        unit=names_of("fusion"),
    conda:
        "../../envs/torch.yaml"
    threads: EVALUATION["threads"]
    resources:
        **resources("evaluation", work.fusion, "unit"),
        gpu=1,
    params:
        settings=from_study("fusion", "unit"),
        splits=measured_datasets,
        recipe=RECIPES["fusion"],
    script:
        "../scripts/fuse.py"
