"""The recipe version of every stage: a person raises it when new code changes its results.

Each version is a parameter of its rule. A raised version reruns its stage and all stages that
depend on it. ``tests/invariance/provenance/test_recipes.py`` fails when a
stage's code changed without a decision.
"""

RECIPES = {
    "base_images": 2,
    "natural_images": 2,
    "dataset": 6,
    "pretrain": 2,
    "contrastive": 1,
    "features": 3,
    "linear_probe": 2,
    "fine_tune": 2,
    "sensitivity": 4,
    "results": 1,
    "figures": 6,
    "tables": 3,
    "scorecard": 6,
    "ledger": 4,
    "pages": 6,
}
# The files that every page is made from.
PAGE = (
    "invariance/artefacts.py",
    *(
        f"invariance/report/{part}"
        for part in ("base.html", "links.html", "links.js", "links.py", "style.css", "template.py")
    ),
)
MODULES = {
    "base_images": (
        "transforms2d/base_images",
        "transforms2d/image_files/decode.py",
        "transforms2d/image_files",
        "transforms2d/spelling.py",
        "invariance/provenance/prepared_images.py",
    ),
    "natural_images": (
        "transforms2d/natural_images",
        "transforms2d/image_files/decode.py",
        "transforms2d/image_files",
        "transforms2d/spelling.py",
        "transforms2d/web/download.py",
        "invariance/provenance/prepared_images.py",
    ),
    "dataset": (
        "invariance/provenance/input_images.py",
        "transforms2d/rendering/draws.py",
        "transforms2d/names.py",
        "transforms2d/protocol.py",
        "transforms2d/spec.py",
        "transforms2d/seeds.py",
        "transforms2d/transformations",
        "transforms2d/rendering/patterns.py",
        "transforms2d/rendering/placement.py",
        "transforms2d/rendering/scene.py",
        "transforms2d/rendering/source_images.py",
        "transforms2d/rendering/transform_lists.py",
        "transforms2d/rendering/natural_rows.py",
        "transforms2d/rendering/composite.py",
        "transforms2d/rendering/renderer.py",
        "transforms2d/rendering/threads.py",
        "transforms2d/rendering/latents.py",
        "transforms2d/storage/shards.py",
    ),
    "pretrain": (
        "invariance/provenance/input_images.py",
        "invariance/architectures.py",
        "invariance/models",
        "invariance/training/resident.py",
        "invariance/jobs/device.py",
        "invariance/training/evaluation.py",
        "invariance/training/optimisation.py",
        "invariance/training/pretrain.py",
        "invariance/training/epochs.py",
        "invariance/training/steps.py",
        "invariance/training/resume.py",
    ),
    "contrastive": ("transforms2d/views", "invariance/training/contrastive"),
    "features": ("invariance/training/heads/feature_set.py", "invariance/training/features.py"),
    "linear_probe": (
        "invariance/training/target_subsets.py",
        "invariance/training/linear_probe.py",
        "invariance/training/heads/best_heads.py",
        "invariance/training/heads/stacked_heads.py",
    ),
    "fine_tune": ("invariance/training/target_subsets.py", "invariance/training/fine_tune.py"),
    "sensitivity": (
        "transforms2d/rendering/twins.py",
        "invariance/measures/sensitivity.py",
        "invariance/measures/twin_batches.py",
        "invariance/measures/sensitivity_score.py",
        "invariance/measures/similarity.py",
    ),
    "results": ("invariance/records/results.py", "invariance/records/accuracy.py"),
    "figures": (
        "invariance/figures",
        "invariance/analysis/cells.py",
        "invariance/analysis/seed_means.py",
        "invariance/analysis/seed_statistics.py",
        "invariance/analysis/quantities.py",
        "invariance/analysis/factor_differences.py",
        "transforms2d/contact_sheet.py",
    ),
    "tables": (
        "invariance/tables",
        "invariance/config/run_description.py",
        *PAGE,
        "invariance/report/table.html",
    ),
    "scorecard": (
        "invariance/scorecard",
        "invariance/config/run_description.py",
        "invariance/analysis",
        *PAGE,
        "invariance/report/scorecard.html",
    ),
    "ledger": (
        "invariance/records/cost.py",
        "invariance/report/ledger_words.py",
        "invariance/report/units.py",
        *PAGE,
        "invariance/report/ledger.py",
        "invariance/report/ledger.html",
    ),
    "pages": (
        "invariance/report",
        "invariance/analysis/seed_statistics.py",
        "invariance/report/units.py",
        "invariance/report/ledger_words.py",
        "invariance/config/run_description.py",
    ),
}
# Modules that jobs use and that are in no recipe, with the reason.
REFUSES = "refuses files and values, and changes none"
PARAMETERS = "its results are parameters of the job, which Snakemake compares"
IDENTITY = "its results are written into the file, and compared with the expected ones"
BYTES = "moves bytes, and verifies them"
HARMLESS = {
    "invariance/provenance/source_digests.py": PARAMETERS,
    "invariance/provenance/files_below.py": "lists files",
    "invariance/jobs/file_lock.py": "keeps two jobs apart",
    "invariance/jobs/compiling.py": REFUSES,
    "invariance/config/value_checks.py": REFUSES,
    "invariance/jobs/cuda_driver.py": REFUSES,
    "invariance/jobs/warm_start.py": "starts the script again in another process",
    "invariance/jobs/context.py": "the frame of every job: log, errors, provenance",
    "invariance/provenance/lineage.py": IDENTITY,
    "invariance/records/made_with.py": "reads versions and devices from records",
    "invariance/provenance/notes.py": IDENTITY,
    "invariance/studies/protocol.py": PARAMETERS,
    "invariance/provenance/recipes.py": PARAMETERS,
    "invariance/records/record_checks.py": REFUSES,
    "invariance/jobs/resources.py": "memory and time that a job asks for",
    "invariance/config/results_folder.py": REFUSES,
    "invariance/jobs/setting_rules.py": REFUSES,
    "invariance/studies": PARAMETERS,
    "invariance/records/tidy_checks.py": REFUSES,
    "invariance/jobs/version.py": "the commit that provenance names",
    "transforms2d/__init__.py": "names the library's functions",
    "transforms2d/web/addresses.py": REFUSES,
    "transforms2d/checks.py": REFUSES,
    "transforms2d/errors.py": "error messages",
    "transforms2d/files": BYTES,
    "transforms2d/web/logins.py": BYTES,
    "transforms2d/web/offline.py": BYTES,
    "transforms2d/web/answers.py": BYTES,
}
