from transforms2d import natural_images
from transforms2d.base_images import used_settings
from transforms2d.base_images.folder import list_files

SOURCE = config["base_images"]


include: "image_folders.smk"


BASE_FILES = images_below(list_files, SOURCE)


rule download_base_images:
    input:
        BASE_FILES,
    output:
        # "update": Snakemake does not delete the file first. A list that was copied from another
        # machine may be impossible to download again here.
        update("<results>/base_images/index.json"),
    log:
        "<logs>/base_images/download.log",
    localrule: True
    conda:
        "../../envs/torch.yaml"
    resources:
        **resources("rendering"),
    params:
        settings=used_settings(SOURCE),
        images=names_below(BASE_FILES, SOURCE),
        recipe=RECIPES["base_images"],
    script:
        "../scripts/download_base_images.py"


rule prepare_base_images:
    input:
        rules.download_base_images.output,
    output:
        update("<results>/base_images/images.safetensors"),
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
    input:
        natural_files,
    output:
        update(
            expand(
                "<results>/natural_images/{{natural}}/{part}.safetensors",
                part=["train", "test"],
            )
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
        images=lambda wildcards: names_below(
            natural_files(wildcards), config["natural_images"][wildcards.natural]
        ),
        image_size=config["image_size"],
        recipe=RECIPES["natural_images"],
    script:
        "../scripts/prepare_natural_images.py"
