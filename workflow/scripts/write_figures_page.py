"""Put all figures on one page, with their captions."""

from invariance.job import job
from invariance.pages.figures import figures_page
from transforms2d.io import atomic_path

with job(snakemake.log[0], snakemake.threads):
    pairs = zip(snakemake.input.pictures, snakemake.input.captions, strict=True)
    figures = [
        {"picture": picture, "caption": caption, "params": params}
        for (picture, caption), params in zip(pairs, snakemake.params.told, strict=True)
    ]
    with atomic_path(snakemake.output[0]) as temporary:
        temporary.write_text(figures_page(figures, snakemake.config), encoding="utf-8")
