"""The 26 claims of the paper, as checks of a run or of the published values.

The thresholds are this project's. The published values meet them: replications that are drawn from
the published means and spreads hold almost always, and where nothing differs almost never (both are
tested). The claims on figures 14, 16 and 17 have no published values; their thresholds define
"flat", "rises" and "on the diagonal".
"""

from invariance.scorecard.claims import factors, features, mismatch, transfer
from invariance.scorecard.claims.claim import NONE, OWN, POOLED, RUN, Claim

FACTORS, FEATURES = "invariance_vs_factors", "irrelevant_features"
TRANSFER, MISMATCH = "invariance_transfer", "invariance_mismatch"

CLAIMS = (
    Claim(
        "F2",
        "fig2",
        FACTORS,
        "Pretraining with the target's transformations transfers better, whatever else",
        factors.transfer,
        RUN,
    ),
    Claim(
        "F2-train",
        "fig2",
        FACTORS,
        "The two pretraining tasks are equally hard",
        factors.own_task,
        OWN,
    ),
    Claim(
        "F2-own",
        "fig2",
        FACTORS,
        "Models of both kinds reach close to 100 % on their own task",
        factors.own_task_learned,
        OWN,
    ),
    Claim(
        "F7/F8",
        "fig7, fig8",
        FACTORS,
        "The same on CIFAR-10 and CIFAR-100, by 0.10 to 0.20 on average",
        factors.transfer_natural,
        POOLED,
    ),
    Claim(
        "F7-crossover",
        "fig7",
        FACTORS,
        "Wrong transformations cost many times the samples",
        factors.crossover,
        RUN,
    ),
    Claim(
        "F3-t2d",
        "fig3",
        FACTORS,
        "Transformations matter more than other factors on Transforms-2D, or comparably",
        factors.exceeds_factors,
        POOLED,
    ),
    Claim(
        "F3-cifar",
        "fig3",
        FACTORS,
        "They matter comparably on CIFAR, samples more",
        factors.compares_natural,
        POOLED,
    ),
    Claim(
        "T1a",
        "table1",
        FEATURES,
        "Pretraining decides which features transfer",
        features.pretraining_matters,
        POOLED,
    ),
    Claim(
        "T1b",
        "table1",
        FEATURES,
        "Features relevant in pretraining are kept",
        features.relevance,
        POOLED,
    ),
    Claim(
        "T1c",
        "table1",
        FEATURES,
        "Networks are invariant to what is irrelevant",
        features.invariance,
        NONE,
    ),
    Claim(
        "T1d",
        "table1",
        FEATURES,
        "Irrelevant features that are there are lost more than absent ones",
        features.availability_harms,
        RUN,
    ),
    Claim(
        "T1e",
        "table1",
        FEATURES,
        "Whether features are relevant matters more than whether they are there",
        features.relevance_over_availability,
        RUN,
    ),
    Claim(
        "F4",
        "fig4",
        MISMATCH,
        "Missing transformations cost accuracy, superfluous ones do not",
        mismatch.mismatch_resnet,
        POOLED,
    ),
    Claim(
        "F18",
        "fig18",
        MISMATCH,
        "So it is with VGG-11, DenseNet-121 and ViT",
        mismatch.mismatch_others,
        POOLED,
    ),
    Claim(
        "F9",
        "fig9",
        FACTORS,
        "Fine-tuning on little data keeps the advantage",
        factors.little_data,
        RUN,
    ),
    Claim(
        "F10/F11", "fig10, fig11", FACTORS, "So it does on CIFAR", factors.little_natural_data, RUN
    ),
    Claim(
        "F12-F13",
        "fig12, fig13",
        FACTORS,
        "More target data shrinks the advantage",
        factors.shrinks,
        POOLED,
    ),
    Claim("F13", "fig13", FACTORS, "More target data never turns it round", factors.more_data, RUN),
    Claim(
        "T2",
        "table2-5",
        TRANSFER,
        "Models trained under a transformation are less sensitive to it on all data",
        transfer.same_is_lowest,
        NONE,
    ),
    Claim(
        "T2-OOD",
        "table2-5",
        TRANSFER,
        "Invariance carries over less to random data",
        transfer.out_of_distribution,
        NONE,
    ),
    Claim(
        "T2-CIFAR",
        "table2-5",
        TRANSFER,
        "On natural images, image and random training give equal invariance",
        transfer.natural_images,
        NONE,
    ),
    Claim(
        "T2-random",
        "table2-5",
        TRANSFER,
        "Invariance learned on random data carries over to images",
        transfer.carries_over,
        NONE,
    ),
    Claim(
        "F14-relevance",
        "fig14",
        FEATURES,
        "Object features come steadily with correlation, image features leave at 1",
        features.correlation,
        RUN,
    ),
    Claim(
        "F14-availability",
        "fig14",
        FEATURES,
        "Any availability of an irrelevant object makes its features leave",
        features.availability,
        RUN,
    ),
    Claim(
        "F16/F17",
        "fig16, fig17",
        TRANSFER,
        "A transformation's own model is least sensitive to it",
        transfer.diagonal,
        NONE,
    ),
    Claim(
        "F16-spillover",
        "fig16",
        TRANSFER,
        "Rotation and shear teach flips, hue and grayscale teach each other",
        transfer.spillover,
        NONE,
    ),
)
