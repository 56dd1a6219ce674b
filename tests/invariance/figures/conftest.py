"""What tests of figures share."""

import sys

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def published(repository):
    return pd.read_csv(repository / "config/paper_values.csv")


@pytest.fixture(autouse=True)
def closed():
    """Close the figures of a test, of which pyplot would keep all."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
