rule pretrain:
    input:
        unpack(pretraining_data),
    output:
        model="<cell>/pretrain/{model}/model.safetensors",
        metrics="<cell>/pretrain/{model}/metrics.jsonl",
        record="<cell>/pretrain/{model}/record.json",
    log:
        "<logs>/{study}/{domain}/seed{seed}/pretrain/{model}.log",
    conda:
        "../../envs/torch.yaml"
    threads: config["resources"]["pretraining"]["threads"]
    resources:
        **resources("pretraining"),
        gpu=1,
    params:
        cell=ask("cell"),
        settings=ask("pretraining"),
        recipe=RECIPES["pretrain"],
    script:
        "../scripts/pretrain.py"
