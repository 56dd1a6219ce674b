"""When an interval over seeds is drawn, and how captions say so: one rule for all figures."""

LEAST_SEEDS = 3  # of fewer, a bootstrap gives little but the seeds themselves


def drawn(seeds: int) -> bool:
    """Whether there are seeds enough for an interval."""
    return seeds >= LEAST_SEEDS


def sentence(seeds: int, marks: str) -> str:
    """What is shown of this many seeds, where ``marks`` (lines, bands) are intervals."""
    if drawn(seeds):
        return f"Mean over {seeds} seeds; {marks} are 95 % bootstrap intervals over seeds."
    none = f"no interval is drawn for fewer than {LEAST_SEEDS}."
    return f"One seed; {none}" if seeds == 1 else f"Mean over {seeds} seeds; {none}"
