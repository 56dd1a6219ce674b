"""What the files of a stage say they are of, compared with what is asked for; no tensor is read."""

from collections.abc import Iterable, Mapping

from invariance.provenance import lineage
from invariance.provenance.behind import of_artefact
from invariance.studies.examples import FIGURES, examples
from invariance.studies.stages import BY_RULE
from transforms2d.files.signed import check_same, read_metadata, read_signed_json

IMAGES = ("download_base_images", "prepare_base_images", "prepare_natural_images")
RENDERED = ("render_dataset", *(f"render_{figure}" for figure in FIGURES))
RULES = frozenset({*BY_RULE, *IMAGES, *RENDERED, "manifest"})


def check(rule: str, where: Mapping, outputs: Iterable, config: Mapping, studies: Mapping) -> None:
    """Refuse the files of a job that are of something else than what is asked for.

    Parameters
    ----------
    rule : str
        One of ``RULES``.
    where : mapping
        The job's wildcards.
    outputs : iterable of path
        Its files.
    config : mapping
        The checked configuration.
    studies : mapping of name to Study

    Raises
    ------
    UserError
        For a file that is missing, cannot be read, or is of something else, by its path.
    """
    for path in map(str, outputs):
        if path.endswith(".safetensors"):
            check_same(path, read_metadata(path), _of_tensors(rule, where, path, config, studies))
        elif path.endswith(".json"):
            record = read_signed_json(path)
            check_same(path, _with_target(record), _of_json(rule, where, config, studies))


def _of_tensors(rule: str, where: Mapping, path: str, config: Mapping, studies: Mapping) -> dict:
    name = path.rpartition("/")[2].removesuffix(".safetensors")
    if rule == "prepare_base_images":
        return {"of": lineage.prepared(config)}
    if rule == "prepare_natural_images":
        return {"of": lineage.prepared(config, where["natural"]), "split": name}
    if rule == "render_dataset":
        study = studies[where["study"]]
        specs = study.dataset_specs(where["domain"], int(where["seed"]), where["dataset"])
        natural = study.natural(where["domain"], where["dataset"])
        return {"spec": specs[name], "of": lineage.shard(config, specs["train"], natural)}
    if rule in RENDERED:
        spec = examples(config)[rule.removeprefix("render_")][name].to_dict()
        return {"spec": spec, "of": lineage.example(config, spec)}
    place = {**where, "study": studies[where["study"]]}
    return {"of": lineage.tensors(config, place, BY_RULE[rule].name)}


def _of_json(rule: str, where: Mapping, config: Mapping, studies: Mapping) -> dict:
    if rule == "download_base_images":
        return {"of": lineage.listed(config)}
    if rule == "manifest":
        return {"of": of_artefact(rule, config, studies)}
    stage = BY_RULE[rule]
    about = lineage.lineage(config, {**where, "study": studies[where["study"]]}, stage.method)
    target = {"target": where["target"]} if stage.is_per_target else {}
    return {"method": stage.method, **target, **about}


def _with_target(record: dict) -> dict:
    """A record, and the target it is about as a key of its own."""
    evaluations = record.get("evaluations")
    first = evaluations[0] if isinstance(evaluations, list) and evaluations else None
    return {**record, "target": first.get("target") if isinstance(first, Mapping) else None}
