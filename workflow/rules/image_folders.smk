from transforms2d.natural_images import listing


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
