"""What every pretrained model is measured on, and how, when ``snakemake measures`` asks for it."""
