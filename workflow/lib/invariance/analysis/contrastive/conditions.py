"""Names of the study's models: networks of one condition, and fusions of several networks."""

from invariance.studies.contrastive.fusions import name_of

WIDE = "wide"  # the last part of a condition whose networks are three times as wide
SUFFIX = "-w3"  # of the architecture of such networks
UNTRAINED, DEFAULT = "none/random", "moco/default"
VENTRAL, DORSAL = "moco/ventral", "moco/dorsal"
# In the order of figures and tables.
VIEWS = ("random", "default", "ventral", "dorsal", "geometric", "appearance")
OBJECTIVES = ("none", "moco", "supervised")


def condition(model: str) -> str:
    """The condition of a model: ``moco/ventral`` of ``moco/ventral/resnet-18``.

    A network three times as wide is of another condition, ``moco/default/wide``. A fusion, such as
    ``default-ventral``, is a condition of its own.
    """
    if is_fusion(model):
        return model
    name, _, architecture = model.rpartition("/")
    return f"{name}/{WIDE}" if architecture.endswith(SUFFIX) else name


def is_fusion(model: str) -> bool:
    """Whether a model is several networks side by side."""
    return "/" not in model


def views(fusion: str) -> list[str]:
    """The views of every network of a fusion, in its order."""
    return fusion.split("-")


def parts(fusion: str) -> list[str]:
    """The conditions of the networks of a fusion, each once."""
    return [f"moco/{one}" for one in dict.fromkeys(views(fusion))]


def is_ensemble(fusion: str) -> bool:
    """Whether all networks of a fusion are of one condition: a control of the same size."""
    return len(parts(fusion)) == 1


def ensembles(fusion: str) -> list[str]:
    """The ensembles of as many networks as a fusion has, one of each of its conditions."""
    networks = views(fusion)
    return [name_of([one] * len(networks)) for one in dict.fromkeys(networks)]


def order(condition: str) -> tuple:
    """A key that sorts conditions: untrained, MoCo, wide, supervised, fusions, ensembles."""
    if is_fusion(condition):
        networks = views(condition)
        places = tuple(_place(VIEWS, one) for one in networks)
        return (len(OBJECTIVES) + 1, is_ensemble(condition), len(networks), places, condition)
    objective, own, *wide = condition.split("/")
    return (_place(OBJECTIVES, objective), bool(wide), _place(VIEWS, own), (), condition)


def _place(names: tuple, name: str) -> int:
    return names.index(name) if name in names else len(names)
