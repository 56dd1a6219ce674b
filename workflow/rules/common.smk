import atexit
import gc
import inspect
from functools import cache

# Looking for garbage in a plan of thousands of jobs, which has none, takes a third of planning it.
gc.set_threshold(3_000_000)
atexit.register(gc.freeze)

from invariance.jobs import resources as work
from invariance.provenance.recipes import RECIPES
from transforms2d.natural_images.settings import NATURAL_CLASSES
from transforms2d.spec import SPLITS


include: "settings.smk"


# From here on there is no study that is null.
config["studies"] = {name: config["studies"][name] for name in STUDIES}

BASE = "<results>/base_images/images.safetensors"


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
    natural="|".join(NATURAL_CLASSES),


def signed(function):
    """The function with its signature at hand: Snakemake inspects it in every call, which is slow."""
    function.__signature__ = inspect.signature(function)
    return function


def ask(method, name="model"):
    """Parameters of a job as its study gives them: plain values, by domain, seed and name."""
    return signed(
        lambda wildcards: getattr(STUDIES[wildcards.study], method)(
            wildcards.domain, int(wildcards.seed), wildcards[name]
        )
    )


def resources(kind, load=None, *names):
    """Memory and time of one kind of job; both grow with every retry.

    ``load`` is the function of ``work`` that tells how much a job does, ``names`` the wildcards
    it is told; without it all jobs of the kind ask for the same.
    """

    @cache
    def asked(attempt, study=None, domain=None, seed=None, *told):
        done = load(STUDIES[study], domain, int(seed), *told) if load else work.AS_CONFIGURED
        return work.ask(config["resources"][kind], done, config["image_size"], attempt)

    def ask_for(amount):
        where = ("study", "domain", "seed", *names) if load else ()
        return signed(
            lambda wildcards, attempt: asked(attempt, *(wildcards[name] for name in where))[amount]
        )

    return {"mem": ask_for("mem"), "runtime": ask_for("runtime")}


@signed
def images(wildcards, dataset=None):
    """The prepared images that a dataset is rendered from."""
    study = STUDIES[wildcards.study]
    name = dataset or wildcards.dataset
    spec = study.dataset_specs(wildcards.domain, int(wildcards.seed), name)["train"]
    needed = {}
    if spec["foreground"] == "objects" or spec["background"] == "images":
        needed["base"] = BASE
    natural = study.natural(wildcards.domain, name)
    if natural:
        for part in ("train", "test"):
            needed[f"natural_{part}"] = f"<results>/natural_images/{natural}/{part}.safetensors"
    return needed


@signed
def pretraining_data(wildcards):
    """Shards of the model's data; the images too where every epoch draws anew."""
    of = STUDIES[wildcards.study]
    data = of.data(wildcards.model)
    shards = {split: f"<cell>/data/{data}/{split}.safetensors" for split in ("train", "val")}
    return {**shards, **(images(wildcards, data) if of.switches["draws"] == "fresh" else {})}


@signed
def target_shards(wildcards):
    """Every split of every target task of a model's study, by the target's name."""
    return {
        target: [f"<cell>/data/{target}/{split}.safetensors" for split in SPLITS]
        for target in STUDIES[wildcards.study].targets
    }


@signed
def images_of_twins(wildcards):
    """The prepared images that a model's sets of twins are rendered from."""
    sets = ask("sensitivity_sets")(wildcards).values()
    naturals = {one["natural"] for one in sets} - {None}
    needed = {name: f"<results>/natural_images/{name}/test.safetensors" for name in naturals}
    kinds = {
        kind for one in sets for kind in (one["spec"]["foreground"], one["spec"]["background"])
    }
    return {**needed, **({"base": BASE} if kinds & {"objects", "images"} else {})}
