from transforms2d.image_files.dates import check_dates
from transforms2d.image_files.reading import names_and_sizes
from transforms2d.natural_images import listing

# Brought from a machine whose clock was wrong, they would look newer than all made from them.
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
    """The images of a source that is a folder, to notice their changes; none of any other."""
    if source["source"] != "folder":
        return []
    try:
        found = list_images(source["folder"])
        for path in found:
            if set("{<") & set(str(path)):
                raise UserError(f"{path}: Snakemake reads {{...}} and <...> in names; rename it")
        check_dates(found)
    except UserError as error:
        sys.exit(f"error: {error}")
    return found


def names_below(found, source):
    """Names and sizes of the images: a change that their dates do not show."""
    return names_and_sizes(Path(source["folder"]), found) if found else None


@signed
@cache
def natural_files(wildcards):
    """Asked only when a job needs them: there may be 60,000."""
    source = config["natural_images"][wildcards.natural]
    return images_below(listing.list_files, source)
