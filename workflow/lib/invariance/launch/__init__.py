"""Checks at the start of Snakemake: the folder, the command line, other runs."""
