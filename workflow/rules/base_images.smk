from transforms2d import natural_images
from transforms2d.base_images import used_settings
from transforms2d.base_images.folder import list_files
from transforms2d.natural_images import listing

SOURCE = config["base_images"]


def images_below(list_images, source):
    """The images of a source that is a folder, to notice their changes; none of any other."""
    if source["source"] != "folder":
        return []
    try:
        found = list_images(source["folder"])
        for path in found:
            if set("{<") & set(str(path)):
                raise UserError(f"{path}: Snakemake reads {{...}} and <...> in names; rename it")
    except UserError as error:
        sys.exit(f"error: {error}")
    return found


@signed
@cache
def natural_files(wildcards):
    """Asked only when a job needs them: there may be 60,000."""
    source = config["natural_images"][wildcards.natural]
    return images_below(listing.list_files, source)


rule download_base_images:
    input:
        images_below(list_files, SOURCE),
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
    input:
        natural_files,
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
