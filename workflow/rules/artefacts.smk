import yaml

from invariance.config.run_description import describe
from invariance.artefacts import available, figures, pictures, tables
from invariance.provenance.source_digests import artefact_digests, measures_digests
from invariance.figures import captions
from invariance.provenance.lineage import shard_identity

# The description of the run that tables, captions and pages print.
with open(at_root("config/paper_scale.yaml"), encoding="utf-8") as file:
    DESCRIPTION = describe(config, yaml.safe_load(file))

ARTEFACTS = available(STUDIES)
FIGURES, TABLES, PICTURES = (group(STUDIES) for group in (figures, tables, pictures))
# The values that are filled into each caption.
CAPTION_PARAMETERS = {
    **{
        name: captions.caption_parameters(figure, STUDIES[figure.study], DESCRIPTION)
        for name, figure in FIGURES.items()
    },
    **{
        name: captions.picture_parameters(picture, DESCRIPTION)
        for name, picture in PICTURES.items()
    },
    **{
        name: captions.caption_parameters(figure, STUDIES[figure.study], DESCRIPTION)
        for name, figure in ARTEFACTS.items()
        if figure.own_rule
    },
}
PUBLISHED = at_root("config/paper_values.csv")


def main_file(name):
    """The file that shows an artefact. The same job makes its other files."""
    return f"<results>/{ARTEFACTS[name].file}"


def source_digests(artefact):
    """Parameter with digests of an artefact's sources; computed only when its job is compared."""
    return signed(lambda wildcards: artefact_digests(artefact.format(**wildcards), config, STUDIES))


def dataset_identity(wildcards):
    """What the shards of a dataset are made from, besides their specs."""
    spec = from_study("dataset_specs", "dataset")(wildcards)["train"]
    natural = STUDIES[wildcards.study].natural(wildcards.domain, wildcards.dataset)
    return shard_identity(config, spec, natural)
