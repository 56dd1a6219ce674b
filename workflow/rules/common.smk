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
