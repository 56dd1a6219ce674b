import os
import sys
from pathlib import Path

LIBRARY = str(Path(workflow.basedir, "workflow", "lib"))
sys.path.insert(0, LIBRARY)
# Scripts run in processes of their own, maybe in another environment: they find the library here.
os.environ.update(PYTHONPATH=LIBRARY)

from invariance.config import check
from invariance.recipes import RECIPES
from invariance.studies import load_studies
from invariance.studies.targets import check_targets
from transforms2d.errors import UserError

try:
    check(config, Path(workflow.basedir, "workflow", "schemas", "config.schema.yaml"))
    STUDIES = load_studies(config)
    check_targets(sys.argv[1:], config["results"], STUDIES)
except UserError as error:
    sys.exit(f"error: {error}")

SPLITS = ("train", "val", "test")


pathvars:
    results=config["results"],
    logs="<results>/logs",
    cell="<results>/{study}/{domain}/seed{seed}",


wildcard_constraints:
    study="|".join(STUDIES),
    domain="|".join(sorted({d for s in STUDIES.values() for d in s.domains})),
    seed="|".join(map(str, range(max(len(s.seeds) for s in STUDIES.values())))),
    model="|".join(s.model_pattern for s in STUDIES.values()),
    dataset="|".join(s.dataset_pattern for s in STUDIES.values()),
    natural="cifar10|cifar100",


def ask(method, name="model"):
    """Parameters of a job as its study gives them: plain values, by domain, seed and name."""
    return lambda wildcards: getattr(STUDIES[wildcards.study], method)(
        wildcards.domain, int(wildcards.seed), wildcards[name]
    )


def resources(kind):
    """Resources of one kind of job; memory and time grow with every retry."""

    def grow(amount):
        number = "".join(filter(str.isdigit, amount))
        unit = amount.removeprefix(number)
        return lambda wildcards, attempt: f"{int(number) * attempt}{unit}"

    asked = config["resources"][kind]
    return {"mem": grow(asked["mem"]), "runtime": grow(asked["runtime"])}


def images(wildcards):
    """The prepared images that the datasets of a domain are rendered from."""
    if wildcards.domain == "t2d":
        return {"base": "<results>/base_images/images.safetensors"}
    folder = f"<results>/natural_images/{wildcards.domain}"
    return {f"natural_{part}": f"{folder}/{part}.safetensors" for part in ("train", "test")}


def pretraining_data(wildcards):
    """Shards of the model's data; the images too where every epoch draws anew."""
    of = STUDIES[wildcards.study]
    folder = f"<cell>/data/{of.data(wildcards.model)}"
    shards = {split: f"{folder}/{split}.safetensors" for split in ("train", "val")}
    return {**shards, **(images(wildcards) if of.switches["draws"] == "fresh" else {})}


def features_of_targets(wildcards):
    """Features of every target task of a model's study, by the target's name."""
    targets = STUDIES[wildcards.study].targets
    return {target: f"<cell>/features/{{model}}/{target}.safetensors" for target in targets}
