"""When an interval over seeds is drawn, and how captions say so: one rule for all figures."""

from invariance.analysis.seed_statistics import LEAST_FOR_INTERVAL


def drawn(seeds: int) -> bool:
    """Whether there are seeds enough for an interval."""
    return seeds >= LEAST_FOR_INTERVAL


def sentence(seeds: int, marks: str) -> str:
    """What is shown of this many seeds, where ``marks`` (lines, bands) are intervals."""
    if drawn(seeds):
        return f"Mean over {seeds} seeds; {marks} are 95 % t intervals over seeds."
    none = f"no interval is drawn for fewer than {LEAST_FOR_INTERVAL}."
    return f"One seed; {none}" if seeds == 1 else f"Mean over {seeds} seeds; {none}"
