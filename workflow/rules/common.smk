import atexit
import gc
import inspect
from functools import cache

# Garbage collection takes a third of the planning time for thousands of jobs, and finds nothing.
gc.set_threshold(3_000_000)
atexit.register(gc.freeze)

from invariance.jobs import resources as work
from invariance.provenance.recipes import RECIPES
from transforms2d.natural_images.settings import NATURAL_CLASSES
from transforms2d.spec import SPLITS


include: "settings.smk"


# Drop the studies that the configuration sets to null.
config["studies"] = {name: config["studies"][name] for name in STUDIES}

BASE = "<results>/base_images/images.safetensors"
# Whether readers render the images of shards again, from the prepared images.
KEEPS_RECIPES = config["datasets"]["keep"] == "recipe"


pathvars:
    results=config["results"],
    logs="<results>/logs",
    cell="<results>/{study}/{domain}/seed{seed}",


# Matches no name.
NOTHING = "(?!)"


def names_of(stage):
    """Pattern of the names of what the jobs of a stage are about, in all studies."""
    return "|".join(filter(None, (s.pattern(stage) for s in STUDIES.values()))) or NOTHING


wildcard_constraints:
    study="|".join(STUDIES),
    domain="|".join(sorted({d for s in STUDIES.values() for d in s.domains})),
    seed="|".join(map(str, range(max(len(s.seeds) for s in STUDIES.values())))),
    model=names_of("pretrain"),
    dataset=names_of("dataset"),
    natural="|".join(NATURAL_CLASSES),


def signed(function):
    """The function with its signature stored: Snakemake asks for it in every call, which is slow."""
    function.__signature__ = inspect.signature(function)
    return function


def from_study(method, name="model"):
    """Parameters of a job: plain values that its study computes from domain, seed and name."""
    return signed(
        lambda wildcards: getattr(STUDIES[wildcards.study], method)(
            wildcards.domain, int(wildcards.seed), wildcards[name]
        )
    )


def resources(kind, load=None, *names):
    """Memory and time of one kind of job; both grow with every retry.

    ``load`` is the function of ``work`` that computes how much work a job is, and ``names`` are the
    wildcards that it takes. Without it all jobs of the kind request the same.
    """

    @cache
    def request(attempt, study=None, domain=None, seed=None, *values):
        amount = load(STUDIES[study], domain, int(seed), *values) if load else work.AS_CONFIGURED
        return work.request(config["resources"][kind], amount, config["image_size"], attempt)

    def resource(key):
        keys = ("study", "domain", "seed", *names) if load else ()
        return signed(
            lambda wildcards, attempt: request(attempt, *(wildcards[name] for name in keys))[key]
        )

    return {"mem": resource("mem"), "runtime": resource("runtime")}


@signed
def images(wildcards, dataset=None):
    """The prepared images that a dataset is rendered from."""
    study = STUDIES[wildcards.study]
    name = dataset or wildcards.dataset
    spec = study.dataset_specs(wildcards.domain, int(wildcards.seed), name)["train"]
    files = {}
    if spec["foreground"] == "objects" or spec["background"] == "images":
        files["base"] = BASE
    natural = study.natural(wildcards.domain, name)
    if natural:
        for part in ("train", "test"):
            files[f"natural_{part}"] = f"<results>/natural_images/{natural}/{part}.safetensors"
    return files


@signed
def pretraining_data(wildcards):
    """Shards of the model's data, and the images where every epoch draws new transformations."""
    study = STUDIES[wildcards.study]
    data = study.data(wildcards.model)
    shards = {split: f"<cell>/data/{data}/{split}.safetensors" for split in SPLITS}
    fresh = study.draws(wildcards.domain, int(wildcards.seed), data) == "fresh"
    return {**shards, **(images(wildcards, data) if fresh or KEEPS_RECIPES else {})}


@signed
def target_data(wildcards):
    """Every split of every target task of a model's study, by the target's name, and images."""
    targets = STUDIES[wildcards.study].targets
    shards = {
        target: [f"<cell>/data/{target}/{split}.safetensors" for split in SPLITS]
        for target in targets
    }
    return {**shards, **images_of_draws(wildcards, targets)}


@signed
def fine_tuning_data(wildcards):
    """Every split of one target task, by the split's name, and images."""
    target = wildcards.target
    shards = {split: f"<cell>/data/{target}/{split}.safetensors" for split in SPLITS}
    return {**shards, **images_of_draws(wildcards, [target])}


def images_of_draws(wildcards, targets):
    """The prepared images of targets that a transfer sees in several draws, or renders again."""
    study, place = STUDIES[wildcards.study], (wildcards.domain, int(wildcards.seed))
    several = study.switches["transfer_draws"] > 1
    rendered = [
        name
        for name in targets
        if KEEPS_RECIPES or (several and study.draws(*place, name) == "fresh")
    ]
    return {key: path for name in rendered for key, path in images(wildcards, name).items()}


@signed
def images_of_twins(wildcards):
    """The prepared images that a model's sets of twins are rendered from."""
    sets = from_study("sensitivity_sets")(wildcards).values()
    naturals = {twins["natural"] for twins in sets} - {None}
    files = {name: f"<results>/natural_images/{name}/test.safetensors" for name in naturals}
    kinds = {twins["spec"][layer] for twins in sets for layer in ("foreground", "background")}
    return {**files, **({"base": BASE} if kinds & {"objects", "images"} else {})}


@signed
def kept_images(wildcards):
    """The prepared images of an exported dataset, or of an exported model's data."""
    if not KEEPS_RECIPES:
        return {}
    if "dataset" in wildcards.keys():
        return images(wildcards)
    return images(wildcards, STUDIES[wildcards.study].data(wildcards.model))
