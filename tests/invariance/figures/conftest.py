"""What tests of figures share."""

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def published(repository):
    return pd.read_csv(repository / "config/paper_values.csv")
