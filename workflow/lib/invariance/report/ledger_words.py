"""The ledger for people: words in place of names of columns, times and memory in fitting units."""

from invariance.report import units

TIMES = {
    "hours": "Time",
    "gpu_hours": "On GPUs",
    "pretraining_hours": "Pretraining",
    "linear_probe_hours": "Linear probes",
    "fine_tuning_hours": "Fine-tuning",
    "sensitivity_hours": "Sensitivity",
}
MEMORY = {"peak_memory_mb": "Memory", "peak_gpu_memory_mb": "GPU memory"}
MADE = {"torch": "Torch", "devices": "Devices", "commits": "Commits"}
SAID = {"torch": "by torch {}", "devices": "on {}", "commits": "at commit {} of the workflow"}


def read_ledger(path):
    """``ledger.csv`` as ``cost.ledger`` gave it."""
    import pandas as pd

    # A commit may look like a number.
    texts = dict.fromkeys(("name", "study", *MADE), str)
    return pd.read_csv(path, dtype=texts, keep_default_na=False, na_values={})


def in_words(table):
    """The numbers of a ledger as texts, a row as before, without columns that are empty throughout.

    What results were made with is left out where all were made alike, which ``alike`` says.

    Parameters
    ----------
    table : pandas.DataFrame
        Of ``cost.ledger``.

    Returns
    -------
    pandas.DataFrame of str
        Indexed by ``name``; its columns are words.
    """
    import pandas as pd

    found = {"Models": table.models.map("{:,}".format), "Jobs": table.jobs.map("{:,}".format)}
    found |= {word: table[key].map(units.time) for key, word in TIMES.items() if table[key].any()}
    found |= {
        word: table[key].map(units.memory) for key, word in MEMORY.items() if table[key].any()
    }
    if not alike(table):
        found |= {word: table[key] for key, word in MADE.items()}
    return pd.DataFrame(found).set_index(table.name)


def alike(table) -> str:
    """One sentence on what all results were made with; empty where they were not made alike."""
    one = table.iloc[0]
    if any(", " in one[key] for key in MADE):
        return ""
    made = [words.format(one[key]) for key, words in SAID.items() if one[key]]
    return f"Everything was made {' '.join(made)}." if made else ""
