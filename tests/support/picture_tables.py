"""What the table beside a picture of the data must say."""

import pandas as pd
import pytest

# Images of each picture.
SHOWN = {"fig1": 3 * 8, "fig5": 7 * 4 * 3, "fig6": 5 * 10, "fig15": 3 * 2 * 11}


def check_rows(table: pd.DataFrame, shards: dict) -> None:
    """Every row tells all latents of its image, and nothing else."""
    for row in table.to_dict("records"):
        shard, index = shards[row.pop("example")], row.pop("index")
        assert row.pop("label") == shard.labels[index]
        assert row.pop("class") == shard.class_names[int(shard.labels[index])]
        told = {key: value for key, value in row.items() if not pd.isna(value)}
        drawn = {key: column[index].item() for key, column in shard.latents.items()}
        assert told == pytest.approx(drawn, rel=1e-12)
