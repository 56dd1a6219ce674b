rule render_dataset:
    input:
        unpack(images),
    output:
        # Not temporary: jobs share shards, and rerunning one of them would rerun the others.
        **{s: f"<cell>/data/{{dataset}}/{s}.safetensors" for s in SPLITS},
    log:
        "<logs>/{study}/{domain}/seed{seed}/data/{dataset}.log",
    conda:
        "../../envs/torch.yaml"
    threads: config["resources"]["rendering"]["threads"]
    resources:
        **resources("rendering", work.rendering, "dataset"),
    params:
        specs=ask("dataset_specs", "dataset"),
        recipe=RECIPES["dataset"],
    script:
        "../scripts/render_dataset.py"
