rule pretrain:
    input:
        unpack(pretraining_data),
    output:
        # "update": Snakemake does not delete them first. An earlier attempt in the same Slurm job
        # may have written them.
        model=update("<cell>/pretrain/{model}/model.safetensors"),
        metrics=update("<cell>/pretrain/{model}/metrics.jsonl"),
        record=update("<cell>/pretrain/{model}/record.json"),
    log:
        "<logs>/{study}/{domain}/seed{seed}/pretrain/{model}.log",
    conda:
        "../../envs/torch.yaml"
    threads: config["resources"]["pretraining"]["threads"]
    resources:
        **resources("pretraining", work.pretraining, "model"),
        gpu=1,
    params:
        settings=from_study("pretraining"),
        recipe=RECIPES["pretrain"],
    script:
        "../scripts/pretrain.py"
