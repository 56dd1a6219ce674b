"""Compute what a frozen network's head reads, for every image of a target task."""

from invariance.features import extract_to
from invariance.job import job

with job(snakemake.log[0], snakemake.threads):
    settings = {**snakemake.params.settings, "device": snakemake.config["device"]}
    shards = {split: snakemake.input[split] for split in ("train", "val", "test")}
    extract_to(snakemake.output[0], snakemake.input.model, shards, settings)
