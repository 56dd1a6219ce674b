"""A check of existing files of a stage: their identities are compared; no tensor is read."""

from collections.abc import Iterable, Mapping

from invariance.provenance import lineage
from invariance.provenance.source_digests import artefact_digests
from invariance.studies.examples import FIGURES, examples
from invariance.studies.stages import BY_RULE
from transforms2d.files.signed import check_same, read_metadata, read_signed_json

IMAGES = ("download_base_images", "prepare_base_images", "prepare_natural_images")
RENDERED = ("render_dataset", *(f"render_{figure}" for figure in FIGURES))
OF_STAGES = [rule for rule, stage in BY_RULE.items() if stage.has_identity]
RULES = frozenset({*OF_STAGES, *IMAGES, *RENDERED, "manifest"})


def check(
    rule: str, wildcards: Mapping, outputs: Iterable, config: Mapping, studies: Mapping
) -> None:
    """Refuse files of a job whose identity is not the requested one.

    Parameters
    ----------
    rule : str
        One of ``RULES``.
    wildcards : mapping
        The job's wildcards.
    outputs : iterable of path
        The job's files.
    config : mapping
        The checked configuration.
    studies : mapping of name to Study

    Raises
    ------
    UserError
        With the path of a file that is missing or unreadable, or has another identity.
    """
    for path in map(str, outputs):
        if path.endswith(".safetensors"):
            expected = _tensor_metadata(rule, wildcards, path, config, studies)
            check_same(path, read_metadata(path), expected)
        elif path.endswith(".json"):
            record = read_signed_json(path)
            expected = _json_content(rule, wildcards, config, studies)
            check_same(path, _with_target(record), expected)


def _tensor_metadata(
    rule: str, wildcards: Mapping, path: str, config: Mapping, studies: Mapping
) -> dict:
    name = path.rpartition("/")[2].removesuffix(".safetensors")
    if rule == "prepare_base_images":
        return {"of": lineage.prepared_identity(config)}
    if rule == "prepare_natural_images":
        return {"of": lineage.prepared_identity(config, wildcards["natural"]), "split": name}
    if rule == "render_dataset":
        study, domain = studies[wildcards["study"]], wildcards["domain"]
        specs = study.dataset_specs(domain, int(wildcards["seed"]), wildcards["dataset"])
        natural = study.natural(domain, wildcards["dataset"])
        return {"spec": specs[name], "of": lineage.shard_identity(config, specs["train"], natural)}
    if rule in RENDERED:
        spec = examples(config)[rule.removeprefix("render_")][name].to_dict()
        return {"spec": spec, "of": lineage.example_identity(config, spec)}
    place = {**wildcards, "study": studies[wildcards["study"]]}
    return {"of": lineage.tensor_identity(config, place, BY_RULE[rule].name)}


def _json_content(rule: str, wildcards: Mapping, config: Mapping, studies: Mapping) -> dict:
    if rule == "download_base_images":
        return {"of": lineage.base_list_identity(config)}
    if rule == "manifest":
        return {"of": artefact_digests(rule, config, studies)}
    stage = BY_RULE[rule]
    place = {**wildcards, "study": studies[wildcards["study"]]}
    target = {"target": wildcards["target"]} if stage.is_per_target else {}
    return {"method": stage.method, **target, **lineage.lineage(config, place, stage.method)}


def _with_target(record: dict) -> dict:
    """A record, with the target of its evaluations as a separate key."""
    evaluations = record.get("evaluations")
    first = evaluations[0] if isinstance(evaluations, list) and evaluations else None
    return {**record, "target": first.get("target") if isinstance(first, Mapping) else None}
