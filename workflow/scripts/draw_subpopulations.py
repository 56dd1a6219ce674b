"""Draw the target images that single source classes help most, of the study's first seed."""

from invariance.jobs.warm_start import FIGURES, TENSORS, hand_over

hand_over(*TENSORS, *FIGURES)

from invariance.figures import style
from invariance.figures.influence import subpopulations
from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.provenance.input_images import read_split
from invariance.provenance.lineage import shard_identity, tensor_identity
from invariance.studies import load_studies
from invariance.studies.seeds import derive
from transforms2d.files.signed import check_same, read_tensors

with job(snakemake.log[0], snakemake.threads):
    config, domain = snakemake.config, snakemake.params.domain
    study, shards = load_studies(config)["influence"], {}
    for name, split in (("source", "test"), ("target", "val")):
        specs = study.dataset_specs(domain, 0, name)
        expected = {
            "expect": specs[split],
            "identity": shard_identity(config, specs["train"], study.natural(domain, name)),
        }
        images = {
            key.removeprefix(f"{name}_"): path
            for key, path in snakemake.input.items()
            if key.startswith(f"{name}_")
        }
        shards[name] = read_split(snakemake.input[name], split, images, config, **expected)
    tensors, content = read_tensors(snakemake.input.influence)
    place = {"study": study, "domain": domain, "seed": 0, "model": snakemake.params.masks}
    check_same(
        snakemake.input.influence, content.get("of"), tensor_identity(config, place, "influence")
    )
    figure, table = subpopulations.draw(
        tensors["least_squares"].numpy(),
        content["classes"],
        shards,
        snakemake.params.permutations,
        derive(study.seed_pair(0)[1], "subpopulations"),
    )
    style.save(figure, snakemake.output, table)
    notes.write(config["results"], snakemake.output, dict(snakemake.params.items()))
