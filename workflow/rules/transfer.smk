EVALUATION = config["resources"]["evaluation"]


rule extract_features:
    input:
        unpack(target_data),
        model=rules.pretrain.output.model,
    output:
        temp("<cell>/features/{model}/features.safetensors"),
    log:
        "<logs>/{study}/{domain}/seed{seed}/features/{model}.log",
    conda:
        "../../envs/torch.yaml"
    threads: EVALUATION["threads"]
    resources:
        **resources("evaluation", work.features, "model"),
        gpu=1,
    params:
        settings=from_study("features"),
        targets=lambda wildcards: list(STUDIES[wildcards.study].targets),
        splits=SPLITS,
        recipe=RECIPES["features"],
    script:
        "../scripts/extract_features.py"


rule linear_probe:
    input:
        rules.extract_features.output,
    output:
        heads="<cell>/probe/{model}/heads.safetensors",
        record="<cell>/probe/{model}/record.json",
    log:
        "<logs>/{study}/{domain}/seed{seed}/probe/{model}.log",
    conda:
        "../../envs/torch.yaml"
    threads: EVALUATION["threads"]
    resources:
        **resources("evaluation", work.linear_probe, "model"),
        gpu=1,
    params:
        settings=from_study("linear_probe"),
        recipe=RECIPES["linear_probe"],
    script:
        "../scripts/linear_probe.py"


rule fine_tune:
    input:
        unpack(fine_tuning_data),
        model=rules.pretrain.output.model,
        heads=rules.linear_probe.output.heads,
    output:
        "<cell>/finetune/{model}/{target}.json",
    log:
        "<logs>/{study}/{domain}/seed{seed}/finetune/{model}/{target}.log",
    conda:
        "../../envs/torch.yaml"
    threads: EVALUATION["threads"]
    resources:
        **resources("evaluation", work.fine_tuning, "model", "target"),
        gpu=1,
    params:
        settings=from_study("fine_tuning"),
        recipe=RECIPES["fine_tune"],
    script:
        "../scripts/fine_tune.py"
