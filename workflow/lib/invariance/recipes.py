"""The recipe version of every stage: raised when a change of code changes the stage's results.

Each is a parameter of its rule, so raising one reruns that stage and what depends on it, and
nothing else does. ``tests/test_recipes.py`` fails when a stage's code changed and nobody decided.
"""

RECIPES = {
    "base_images": 2,
    "natural_images": 2,
    "dataset": 5,
    "pretrain": 1,
    "features": 2,
    "linear_probe": 1,
    "fine_tune": 2,
    "sensitivity": 2,
    "figures": 3,
    "tables": 1,
    "scorecard": 2,
    "ledger": 2,
    "pages": 2,
}
STAGES = {
    "base_images": (
        "transforms2d/base_images",
        "transforms2d/decode.py",
        "transforms2d/image_files",
        "transforms2d/spelling.py",
    ),
    "natural_images": (
        "transforms2d/natural_images",
        "transforms2d/decode.py",
        "transforms2d/image_files",
        "transforms2d/spelling.py",
        "transforms2d/download.py",
    ),
    "dataset": (
        "transforms2d/seeds.py",
        "transforms2d/transformations",
        "transforms2d/patterns.py",
        "transforms2d/placement.py",
        "transforms2d/scene.py",
        "transforms2d/stock.py",
        "transforms2d/chain.py",
        "transforms2d/natural_rows.py",
        "transforms2d/composite.py",
        "transforms2d/render.py",
    ),
    "pretrain": (
        "invariance/models",
        "invariance/training/resident.py",
        "invariance/device.py",
        "invariance/training/evaluation.py",
        "invariance/training/optimisation.py",
        "invariance/training/epochs.py",
        "invariance/training/pretrain.py",
        "invariance/training/steps.py",
    ),
    "features": ("invariance/training/features.py",),
    "linear_probe": (
        "invariance/training/target_subsets.py",
        "invariance/training/linear_probe.py",
        "invariance/training/stacked_heads.py",
        "invariance/training/logistic.py",
    ),
    "fine_tune": ("invariance/training/target_subsets.py", "invariance/training/fine_tune.py"),
    "sensitivity": (
        "transforms2d/twins.py",
        "invariance/sensitivity.py",
        "invariance/twin_batches.py",
        "invariance/running_score.py",
        "invariance/similarity.py",
    ),
    "figures": ("invariance/figures",),
    "tables": ("invariance/tables",),
    "scorecard": (
        "invariance/scorecard",
        "invariance/tables/relations.py",
        "invariance/pages/template.py",
        "invariance/pages/scorecard.html",
        "invariance/pages/style.css",
    ),
    "ledger": ("invariance/ledger.py",),
    "pages": ("invariance/pages",),
}
