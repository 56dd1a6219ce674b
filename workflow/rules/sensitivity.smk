rule score_sensitivity:
    input:
        unpack(images_of_twins),
        model=rules.pretrain.output.model,
    output:
        "<cell>/sensitivity/{model}/record.json",
    log:
        "<logs>/{study}/{domain}/seed{seed}/sensitivity/{model}.log",
    conda:
        "../../envs/torch.yaml"
    threads: EVALUATION["threads"]
    resources:
        **resources("evaluation", work.sensitivity, "model"),
        gpu=1,
    params:
        sets=from_study("sensitivity_sets"),
        settings=from_study("sensitivity"),
        recipe=RECIPES["sensitivity"],
    script:
        "../scripts/score_sensitivity.py"
