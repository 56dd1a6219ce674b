"""What is looked at when Snakemake starts: the folder, the command line, other runs."""
