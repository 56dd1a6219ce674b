from transforms2d.image_files.dates import check_dates
from transforms2d.image_files.reading import names_and_sizes
from transforms2d.natural_images import listing

# Files from a machine with a wrong clock would look newer than everything made from them.
PREPARED = ["base_images/index.json", "base_images/images.safetensors"]
PREPARED += [
    f"natural_images/{name}/{part}.safetensors"
    for name in NATURAL_CLASSES
    for part in ("train", "test")
]
try:
    check_dates([Path(config["results"], name) for name in PREPARED], slack=300)
except UserError as error:
    sys.exit(f"error: {error}")


def images_below(list_images, source):
    """The images of a source that is a folder, so that changes are noticed; else none."""
    if source["source"] != "folder":
        return []
    try:
        images = list_images(source["folder"])
        for path in images:
            if set("{<") & set(str(path)):
                raise UserError(f"{path}: Snakemake reads {{...}} and <...> in names; rename it")
        check_dates(images)
    except UserError as error:
        sys.exit(f"error: {error}")
    return images


def names_below(images, source):
    """Names and sizes of the images. They show changes that dates do not."""
    return names_and_sizes(Path(source["folder"]), images) if images else None


@signed
@cache
def natural_files(wildcards):
    """The images of a folder, listed only when a job needs them: there may be 60,000."""
    source = config["natural_images"][wildcards.natural]
    return images_below(listing.list_files, source)
