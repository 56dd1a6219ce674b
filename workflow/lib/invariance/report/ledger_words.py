"""The ledger in words: readable names of columns, times and memory in suitable units."""

from invariance.report import units

TIMES = {
    "hours": "Time",
    "gpu_hours": "On GPUs",
    "pretraining_hours": "Pretraining",
    "linear_probe_hours": "Linear probes",
    "fine_tuning_hours": "Fine-tuning",
    "sensitivity_hours": "Sensitivity",
    "subsets_hours": "Networks on subsets",
    "influence_hours": "Influences",
    "counterfactuals_hours": "Removals",
    "contrastive_hours": "Training under views",
    "represent_hours": "Measures",
    "fusion_hours": "Fusions",
}
MEMORY = {"peak_memory_mb": "Memory", "peak_gpu_memory_mb": "GPU memory"}
VERSIONS = {"torch": "Torch", "devices": "Devices", "commits": "Commits"}
PHRASES = {"torch": "by torch {}", "devices": "on {}", "commits": "at commit {} of the workflow"}


def read_ledger(path):
    """Read ``ledger.csv`` as the table of ``cost.ledger``."""
    import pandas as pd

    # Read commits as text: a commit may look like a number.
    texts = dict.fromkeys(("name", "study", *VERSIONS), str)
    return pd.read_csv(path, dtype=texts, keep_default_na=False, na_values={})


def in_words(table):
    """The numbers of a ledger as texts, with the same rows and without empty columns.

    Versions and devices are left out if they are equal in all rows; ``uniform`` names them then.

    Parameters
    ----------
    table : pandas.DataFrame
        The result of ``cost.ledger``.

    Returns
    -------
    pandas.DataFrame of str
        Indexed by ``name``; its column names are words.
    """
    import pandas as pd

    columns = {"Models": table.models.map("{:,}".format), "Jobs": table.jobs.map("{:,}".format)}
    columns |= {word: table[key].map(units.time) for key, word in TIMES.items() if table[key].any()}
    columns |= {
        word: table[key].map(units.memory) for key, word in MEMORY.items() if table[key].any()
    }
    if not uniform(table):
        columns |= {word: table[key] for key, word in VERSIONS.items()}
    return pd.DataFrame(columns).set_index(table.name)


def uniform(table) -> str:
    """One sentence on the versions and devices of all results; empty if they differ."""
    total = table.iloc[0]
    if any(", " in total[key] for key in VERSIONS):
        return ""
    phrases = [words.format(total[key]) for key, words in PHRASES.items() if total[key]]
    return f"All results were made {' '.join(phrases)}." if phrases else ""
