import yaml

from invariance.config.run_description import describe
from invariance.artefacts import available, figures, pictures, tables
from invariance.provenance.behind import of_artefact
from invariance.figures import captions
from invariance.provenance.lineage import shard

# What tables, captions and pages say of the run.
with open(at_root("config/paper_scale.yaml"), encoding="utf-8") as file:
    ABOUT = describe(config, yaml.safe_load(file))

ARTEFACTS = available(STUDIES)
FIGURES, TABLES, PICTURES = (part(STUDIES) for part in (figures, tables, pictures))
# What each caption says of this result.
TOLD = {
    **{n: captions.told(one, STUDIES[one.study], ABOUT) for n, one in FIGURES.items()},
    **{n: captions.of_picture(one, STUDIES.get(one.study), ABOUT) for n, one in PICTURES.items()},
}
PUBLISHED = at_root("config/paper_values.csv")


def shown(name):
    """The file that shows an artefact; those beside it are made with it."""
    return f"<results>/{ARTEFACTS[name].file}"


def of(artefact):
    """Parameter that tells what an artefact is made of, asked only when its job is compared."""
    return signed(lambda wildcards: of_artefact(artefact.format(**wildcards), config, STUDIES))


def shard_of(wildcards):
    """What the shards of a dataset are of, beside their specs."""
    spec = ask("dataset_specs", "dataset")(wildcards)["train"]
    natural = STUDIES[wildcards.study].natural(wildcards.domain, wildcards.dataset)
    return shard(config, spec, natural)
