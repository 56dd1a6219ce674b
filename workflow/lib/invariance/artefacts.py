"""The catalogue of artefacts: every figure, table and picture, its content and its module.

Parsing the workflow reads this module, so it imports nothing heavy. A figure that is drawn from the
table of a study names a module of ``invariance.figures`` with two functions:
``table(results, study, name)`` returns the rows that the figure shows, and
``draw(table, study, name, published)`` returns the matplotlib figure. ``published`` holds the
study's rows of ``config/paper_values.csv``. The module of a table has the three functions that
``invariance.tables.layout`` names. A module may be in a room of its study, such as
``influence.curves``.
"""

import re
from collections.abc import Mapping

from invariance.artefact import Artefact
from invariance.studies.labels import LABELS, TRAINED_ON

WORD = re.compile(r"[\w-]+")
NUMBERS = re.compile(r"(fig|tab)(?:le)?(\d+)(?:-(\d+))?")


FACTORS, MISMATCH = "invariance_vs_factors", "invariance_mismatch"
FEATURES, TRANSFER = "irrelevant_features", "invariance_transfer"
INFLUENCE, CONTRASTIVE = "influence", "contrastive"
PROBED, TUNED, SCORED = ("linear_probe",), ("fine_tuning",), ("sensitivity",)
PROBE, LITTLE = "linear probe", "full fine-tuning, little data"
ESTIMATED, REMOVED = ("influence",), ("counterfactuals",)
MEASURED, FUSED = ("represent",), ("fusion",)
FIRST, LAST = 0, -1  # amounts of fine-tuning samples: little data, and more


def _figure(number: int, shows: str, module: str, study: str | None, **other) -> Artefact:
    fields = {"caption": module, **other}
    return Artefact(f"fig{number}", f"Figure {number}", "figures", shows, module, study, **fields)


def _by_factor(number: int, domain: str, transfer: str, methods=PROBED, part=None) -> Artefact:
    shows = f"accuracy by factor of pretraining, {LABELS[domain]}, {transfer}"
    return _figure(number, shows, "factors", FACTORS, domains=(domain,), methods=methods, part=part)


def _differences(number: int, transfer: str, methods=PROBED, part=None) -> Artefact:
    shows = f"effects of factors and transformations, {transfer}"
    return _figure(number, shows, "differences", FACTORS, methods=methods, part=part)


def _mismatch(number: int, others: bool) -> Artefact:
    net = {"architectures": ("resnet-18",), "others": others, "domains": ("t2d",)}
    networks = "other networks" if others else "ResNet-18"
    shows = f"too few and too many transformations, {networks}"
    return _figure(number, shows, "mismatch", MISMATCH, methods=PROBED, **net)


def _heatmap(number: int, kind: str) -> Artefact:
    net = {"architectures": ("resnet-18",), "domains": ("t2d",)}
    shows = f"sensitivity of ResNet-18 to each transformation, {TRAINED_ON[kind]}"
    return _figure(number, shows, "heatmaps", TRANSFER, methods=SCORED, part=kind, **net)


def _picture(number: int, shows: str, *images: str) -> Artefact:
    return _figure(number, shows, "gallery", None, caption=f"fig{number}", images=images)


def _scores(number: int, architecture: str) -> Artefact:
    return Artefact(
        f"tab{number}",
        f"Table {number}",
        "tables",
        f"sensitivity of {LABELS[architecture]} on Transforms-2D, CIFAR-10 and CIFAR-100",
        "paper",
        TRANSFER,
        caption="tables",
        domains=("t2d",),
        architectures=(architecture,),
        methods=SCORED,
    )


def _of_study(
    study: str, category: str, name: str, shows: str, methods: tuple, **other
) -> Artefact:
    """An artefact of a further study: its module is in the room of the study."""
    fields = {"kind": "figures", "caption": name, "category": category, **other}
    fields["module"] = f"{study}.{fields.get('module', name)}"
    return Artefact(name, "", shows=shows, study=study, methods=methods, **fields)


def _of_influence(name: str, shows: str, module: str, methods: tuple, **other) -> Artefact:
    return _of_study(INFLUENCE, "Source classes", name, shows, methods, module=module, **other)


def _table_of_influence(name: str, shows: str, module: str, methods: tuple) -> Artefact:
    table = {"kind": "tables", "caption": "influence_tables"}
    return _of_influence(name, shows, module, methods, **table)


def _of_contrastive(name: str, shows: str, methods: tuple = MEASURED) -> Artefact:
    return _of_study(CONTRASTIVE, "Learnt invariances", name, shows, methods)


def _table_of_contrastive(module: str, shows: str, methods: tuple = MEASURED) -> Artefact:
    table = {"kind": "tables", "caption": "contrastive_tables", "module": module}
    name = f"contrastive_{module}"
    return _of_study(CONTRASTIVE, "Learnt invariances", name, shows, methods, **table)


def _of_models(name: str, shows: str, least_models: int) -> Artefact:
    table = {"kind": "tables", "caption": "model_tables", "methods": ("measures",)}
    fields = {"category": "Measures of invariance", "least_models": least_models, **table}
    return Artefact(name, "", shows=shows, module=f"models.{name}", study=None, **fields)


# In the order of pages and of the report.
ARTEFACTS = {
    one.name: one
    for one in (
        _picture(1, "three of the 18 transformations", "base_images"),
        _by_factor(2, "t2d", PROBE),
        _differences(3, PROBE),
        _mismatch(4, others=False),
        _picture(5, "the 18 transformations", "base_images"),
        _picture(6, "CIFAR-10 with pasted objects", "base_images", "cifar10"),
        _by_factor(7, "cifar10", PROBE),
        _by_factor(8, "cifar100", PROBE),
        _by_factor(9, "t2d", LITTLE, TUNED, FIRST),
        _by_factor(10, "cifar10", LITTLE, TUNED, FIRST),
        _by_factor(11, "cifar100", LITTLE, TUNED, FIRST),
        _differences(12, LITTLE, TUNED, FIRST),
        _differences(13, "full fine-tuning, more data", TUNED, LAST),
        _figure(
            14,
            "correlation and availability of objects on CIFAR-10",
            "sweeps",
            FEATURES,
            domains=("cifar10_corner",),
            methods=(*PROBED, *SCORED),
        ),
        _picture(15, "random patterns and augmented CIFAR-10", "base_images", "cifar10"),
        _heatmap(16, "image"),
        _heatmap(17, "random"),
        _mismatch(18, others=True),
        Artefact(
            "tab1",
            "Table 1",
            "tables",
            "relevant and irrelevant features, accuracy and sensitivity",
            "paper",
            FEATURES,
            caption="tables",
            domains=("cifar10_random",),
            architectures=("resnet-18",),
            methods=(*PROBED, *SCORED),
        ),
        _scores(2, "resnet-18"),
        _scores(3, "vgg-11"),
        _scores(4, "densenet-121"),
        _scores(5, "vit"),
        _of_influence(
            "influence_by_class",
            "what each source class does to the target task",
            "by_class",
            ESTIMATED,
        ),
        _of_influence(
            "counterfactuals",
            "accuracy on the target after source classes are removed",
            "curves",
            REMOVED,
        ),
        _of_influence(
            "influence_predictors",
            "influence of source classes against what is known without it",
            "predictors",
            ESTIMATED,
        ),
        _of_influence(
            "influence_map",
            "influence of every source class on every target class",
            "target_map",
            ESTIMATED,
        ),
        _of_influence(
            "influence_reliability",
            "reliability of influences against the number of models",
            "reliability",
            ESTIMATED,
        ),
        _of_influence(
            "subpopulations",
            "target images that single source classes help most",
            "subpopulations",
            ESTIMATED,
            own_rule=True,
        ),
        _table_of_influence(
            "influence_areas", "accuracy by order of removal, and differences", "areas", REMOVED
        ),
        _table_of_influence(
            "influence_reliability_table", "reliability of influences", "reliability", ESTIMATED
        ),
        _table_of_influence(
            "influence_baselines",
            "what finds the useful source classes: influence and cheaper predictors",
            "baselines",
            ESTIMATED,
        ),
        _of_contrastive(
            "invariances", "invariance of each pretraining to each transformation, two measures"
        ),
        _of_contrastive("two_axes", "spatial against appearance invariance, a panel per measure"),
        _of_contrastive(
            "latents", "what can be read from features that are more or less invariant"
        ),
        _of_contrastive(
            "fusion", "downstream scores of networks, fusions and ensembles", (*MEASURED, *FUSED)
        ),
        _of_contrastive("agreement", "whether measures of invariance agree, and where they do not"),
        _table_of_contrastive("invariance", "spatial and appearance invariance by every measure"),
        _table_of_contrastive(
            "downstream",
            "downstream scores, fusions and their controls, mean ranks",
            (*MEASURED, *FUSED),
        ),
        _table_of_contrastive("correlations", "do more invariant networks score higher downstream"),
        _of_models("model_invariance", "invariance of every model of the paper's studies", 1),
        _of_models("model_agreement", "whether measures of invariance agree on these models", 3),
    )
}


def available(studies: Mapping) -> dict[str, Artefact]:
    """The artefacts that can be made from the configured studies, in order."""
    return {
        name: one.for_study(studies[one.study]) if one.study else one
        for name, one in ARTEFACTS.items()
        if not one.least_models and one.is_available(studies)
    }


def on_request(studies: Mapping) -> dict[str, Artefact]:
    """The artefacts that can be made, and are in no report unless they are requested, in order."""
    return {
        name: one
        for name, one in ARTEFACTS.items()
        if one.least_models and one.is_available(studies)
    }


def figures(studies: Mapping) -> dict[str, Artefact]:
    """The available figures that are drawn from tables of studies."""
    return {
        name: one
        for name, one in available(studies).items()
        if one.kind == "figures" and not one.is_picture and not one.own_rule
    }


def tables(studies: Mapping) -> dict[str, Artefact]:
    """The available tables."""
    return {name: one for name, one in available(studies).items() if one.kind == "tables"}


def pictures(studies: Mapping) -> dict[str, Artefact]:
    """The available pictures of the data."""
    return {name: one for name, one in available(studies).items() if one.is_picture}


def mentioned(text: str) -> list[str]:
    """Names of artefacts in a text, such as ``fig7, fig8``, ``table2-5`` or ``counterfactuals``."""
    names = []
    for word in WORD.findall(text):
        names += [word] if word in ARTEFACTS else []
        names += [
            f"{kind}{one}"
            for kind, first, last in NUMBERS.findall("" if word in ARTEFACTS else word)
            for one in range(int(first), int(last or first) + 1)
        ]
    return names
