"""All studies in minutes, laid over the paper's configuration: the pipeline, no result."""

PROCEDURAL = {"source": "procedural", "seed": 1, "train_per_class": 20, "test_per_class": 4}
SIZES = {
    "default_samples": 100,
    "pretraining_samples": [100],
    "fine_tuning_samples": [20],
    "target_samples": [10, 20, 100],
    "target_classes": 4,
    "subset_classes": 2,
}
SAMPLES = {"train": 80, "val": 20, "test": 40}
TINY = {
    "results": "results/tiny",
    "device": "cpu",
    "base_images": {"source": "procedural", "seed": 1, "objects": 12, "backgrounds": 8},
    "natural_images": {"cifar10": PROCEDURAL, "cifar100": PROCEDURAL},
    "pretraining": {"epochs": 2, "batch_size": 50, "width": 4, "blocks_per_stage": 1},
    "linear_probe": {"epochs": 3, "batch_size": 50},
    "fine_tuning": {"epochs": 2, "batch_size": 20},
    "sensitivity": {"pairs": 40, "batch_size": 20},
    "measures": {
        "rendered": {"fit": 30, "scored": 10},
        "natural": {"fit": 30, "scored": 10},
        "transformations": ["rotate", "hue", "noise"],
        "grid": 2,
        "draws": 1,
    },
    "studies": {
        "invariance_vs_factors": {
            "seeds": 1,
            "domains": ["t2d"],
            "target_samples": {"train": 100, "val": 40, "test": 60},
            "factors": {"class_relationship": ["disjoint", "same"], "architecture": ["resnet-18"]},
            "sizes": {"t2d": SIZES},
        },
        "irrelevant_features": {
            "seeds": 1,
            "domains": ["cifar10_random"],
            "samples": {"natural": SAMPLES, "objects": SAMPLES},
            "pretraining": {"epochs": 2},
            "linear_probe": {"epochs": 3},
        },
        "invariance_transfer": {
            "seeds": 1,
            "architectures": ["resnet-18"],
            "transformations": ["rotate"],
            "classes": 4,
            "samples": SAMPLES,
        },
        "invariance_mismatch": {
            "seeds": 1,
            "sizes": [1, 2],
            "architectures": ["resnet-18"],
            "classes": 4,
            "samples": SAMPLES,
        },
        "influence": {
            "seeds": 1,
            "domains": ["t2d"],
            "classes": {"leaks": 1, "carriers": 2, "partial": 1, "neutral": 2},
            "target": {"objects": 3, "transformations": ["rotate", "hue"]},
            "list_size": 2,
            "samples": {
                "source": 12,
                "source_test": 8,
                "target": {"train": 8, "val": 8, "test": 8},
            },
            "masks": {"kinds": ["bernoulli", "half"], "models": 16, "per_job": 8, "repeated": 0.25},
            "network": {"architecture": "small-cnn", "width": 2},
            "training": {"steps": 4, "batch_size": 8},
            "stack": {"models": 4, "backend": "groups"},
            "counterfactuals": {"removed": [0.34, 0.67], "repeats": 2},
            "statistics": {"resamples": 20, "permutations": 20},
        },
        "contrastive": {
            "seeds": 2,
            "domains": ["t2d"],
            "conditions": {"moco": ["ventral", "dorsal"], "supervised": ["ventral"], "wide": []},
            "pretraining": {"epochs": 2, "batch_size": 20, "monitor": True},
            "moco": {"queue": 40, "dimension": 8, "norm_splits": 2},
            "samples": {"train": 80, "val": 20},
            "latents": ["rotate", "brightness"],
            "measured": {
                "source": {"fit": 60, "scored": 20},
                "objects": {"fit": 60, "scored": 30},
                "latents": {"fit": 60, "scored": 30},
                "cifar10": {"fit": 100, "scored": 30},
            },
            "invariance": {
                "datasets": ["source"],
                "transformations": ["rotate", "noise"],
                "grid": 2,
                "draws": 1,
            },
            "downstream": {"classes": 4, "penalties": 2, "folds": 2},
            "fusions": [["ventral", "dorsal"]],
            "groups": {
                "backgrounds": {"vary": "backgrounds", "groups": 6, "views": 2},
                "places": {"vary": "places", "groups": 6, "views": 2},
            },
        },
    },
    "resources": {
        kind: {"threads": 1, "mem": "1GB", "runtime": "10m"}
        for kind in ("pretraining", "rendering", "evaluation")
    },
}
