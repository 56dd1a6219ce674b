"""Times and memory in words: the unit fits, digits are few, and they say what was measured."""

import re

import numpy as np
import pytest

from invariance.report.units import memory, time

HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0}
MEBIBYTES = {"MiB": 1, "GiB": 1024}


@pytest.mark.parametrize(
    ("said", "units", "amounts"),
    [(time, HOURS, (1 / 3600, 1e5)), (memory, MEBIBYTES, (1, 1e6))],
    ids=["time", "memory"],
)
def test_texts_say_the_amount_in_its_unit(said, units, amounts):
    names, sizes = list(units), [*units.values(), np.inf]
    rng = np.random.default_rng(0)
    for amount in np.exp(rng.uniform(*np.log(amounts), 5000)):
        number, unit = said(amount).split()
        assert re.fullmatch(r"\d\.\d|\d\d|\d{3}|\d,\d{3}|\d+,\d{3}", number), number
        value = float(number.replace(",", ""))
        assert value * units[unit] == pytest.approx(amount, rel=0.055)
        # Never 60 s, 60 min or 1024 MiB, and no unit that is too large.
        place = names.index(unit)
        assert value < sizes[place + 1] / sizes[place] and value >= 1


def test_times_and_memory_in_closed_form():
    assert [time(seconds / 3600) for seconds in (0.42, 9.96, 59.4, 59.6, 3569, 3571)] == [
        *("0.4 s", "10 s", "59 s", "1.0 min", "59 min", "1.0 h")
    ]
    assert [time(hours) for hours in (0, 9.9, 10.4, 1240.4)] == ["-", "9.9 h", "10 h", "1,240 h"]
    assert [memory(mebibytes) for mebibytes in (0, 976, 1023.6, 9000, 81559)] == [
        *("-", "976 MiB", "1.0 GiB", "8.8 GiB", "80 GiB")
    ]
