import yaml

from invariance.about import describe
from invariance.behind import of_artefact
from invariance.lineage import shard

# What tables, captions and pages say of the run.
with open("config/paper_scale.yaml", encoding="utf-8") as file:
    ABOUT = describe(config, yaml.safe_load(file))


def of(artefact):
    """Parameter that tells what an artefact is made of, asked only when its job is compared."""
    return signed(lambda wildcards: of_artefact(artefact.format(**wildcards), config, STUDIES))


def shard_of(wildcards):
    """What the shards of a dataset are of, beside their specs."""
    spec = ask("dataset_specs", "dataset")(wildcards)["train"]
    natural = STUDIES[wildcards.study].natural(wildcards.domain, wildcards.dataset)
    return shard(config, spec, natural)
