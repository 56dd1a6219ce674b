rule render_dataset:
    input:
        unpack(images),
    output:
        # Not temporary: several jobs read the same shards. To rerun one of these jobs, Snakemake
        # would render the shards again, and then rerun the other jobs too.
        **{s: f"<cell>/data/{{dataset}}/{s}.safetensors" for s in SPLITS},
    log:
        "<logs>/{study}/{domain}/seed{seed}/data/{dataset}.log",
    conda:
        "../../envs/torch.yaml"
    threads: config["resources"]["rendering"]["threads"]
    resources:
        **resources("rendering", work.rendering, "dataset"),
    params:
        specs=from_study("dataset_specs", "dataset"),
        recipe=RECIPES["dataset"],
        keep=config["datasets"]["keep"],
    script:
        "../scripts/render_dataset.py"
