from transforms2d import natural_images
from transforms2d.base_images import used_settings
from transforms2d.base_images.folder import list_files

SOURCE = config["base_images"]
try:
    FILES = list_files(SOURCE["folder"]) if SOURCE["source"] == "folder" else []
    for path in FILES:
        if set("{<") & set(str(path)):
            raise UserError(f"{path}: Snakemake reads {{...}} and <...> in names; rename it")
except UserError as error:
    sys.exit(f"error: {error}")


rule download_base_images:
    input:
        FILES,
    output:
        "<results>/base_images/index.json",
    log:
        "<logs>/base_images/download.log",
    localrule: True
    conda:
        "../../envs/torch.yaml"
    resources:
        **resources("rendering"),
    params:
        settings=used_settings(SOURCE),
        recipe=RECIPES["base_images"],
    script:
        "../scripts/download_base_images.py"


rule prepare_base_images:
    input:
        rules.download_base_images.output,
    output:
        "<results>/base_images/images.safetensors",
    log:
        "<logs>/base_images/prepare.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        **resources("rendering"),
    params:
        image_size=config["image_size"],
        recipe=RECIPES["base_images"],
    script:
        "../scripts/prepare_base_images.py"


rule prepare_natural_images:
    output:
        expand(
            "<results>/natural_images/{{natural}}/{part}.safetensors",
            part=["train", "test"],
        ),
    log:
        "<logs>/natural_images/{natural}.log",
    localrule: True
    conda:
        "../../envs/torch.yaml"
    resources:
        **resources("rendering"),
    params:
        settings=lambda wildcards: natural_images.used_settings(
            wildcards.natural, config["natural_images"][wildcards.natural]
        ),
        image_size=config["image_size"],
        recipe=RECIPES["natural_images"],
    script:
        "../scripts/prepare_natural_images.py"
