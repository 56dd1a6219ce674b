"""An estimate of a run's time left, from the times of its finished jobs."""

from collections import Counter

LEAST_SHARE = 0.1  # of slow jobs that must have ended before the first estimate


class TimeLeft:
    """Estimates when the last job of a run ends, from the start and end of each job.

    It assumes that each rule keeps its completion rate and its overlap with other rules. The rate
    counts only times when a job of the rule runs. This works for cores and for a cluster's queue,
    where most of a job's time is waiting. Times are in seconds on one clock with any start.

    Parameters
    ----------
    jobs : dict of str to int
        Number of jobs to run per rule.
    slow : collection of str
        Rules whose jobs may take long. A rule without a finished job gets the mean time of the
        other rules of its kind, slow or not. There is no estimate before a tenth of all slow jobs
        ended, nor while most remaining slow jobs belong to rules without a finished job, because
        the first jobs of a run are short.
    """

    def __init__(self, jobs: dict[str, int], slow=()):
        self.jobs = Counter(jobs)
        self.slow = frozenset(slow)
        self.running: dict[int, str] = {}
        self.ended: Counter = Counter()
        self.has_estimate = False  # stays true after the first estimate
        # Per rule, and under None for all rules: seconds with at least one running job, up to the
        # last end of a job, and the time from which the next seconds count.
        self.busy: Counter = Counter()
        self.since: dict[str | None, float] = {}

    def start(self, job: int, rule: str, now: float) -> None:
        """Count the start of a job, or its restart after a failure."""
        self.running[job] = rule
        for kind in (rule, None):
            self.since.setdefault(kind, now)

    def end(self, job: int, now: float) -> None:
        """Count the success of a job."""
        rule = self.running.pop(job)
        self.ended[rule] += 1
        for kind, alive in ((rule, rule in self.running.values()), (None, bool(self.running))):
            self.busy[kind] += now - self.since.pop(kind)
            if alive:
                self.since[kind] = now

    def text(self) -> str:
        """A line such as ``about 12 min left``; empty before the first estimate and at the end."""
        left = {rule: n - self.ended[rule] for rule, n in self.jobs.items()}
        left = {rule: n for rule, n in left.items() if n > 0}
        self.has_estimate = self.has_estimate or (bool(self.ended) and self._is_enough(left))
        if not left or not self.has_estimate:
            return ""
        serial = sum(n * self._seconds(rule) for rule, n in left.items())
        overlap = self.busy[None] / (self.busy.total() - self.busy[None])
        return f"about {duration(serial * overlap)} left"

    def _is_enough(self, left: dict[str, int]) -> bool:
        """Whether enough slow jobs ended for an estimate of the others."""
        slow = [rule for rule in self.jobs if rule in self.slow]
        ended, jobs = (sum(counts[rule] for rule in slow) for counts in (self.ended, self.jobs))
        slow_left = {rule: left.get(rule, 0) for rule in slow}
        unknown = sum(n for rule, n in slow_left.items() if not self.ended[rule])
        return ended >= LEAST_SHARE * jobs and unknown <= sum(slow_left.values()) / 2

    def _seconds(self, rule: str) -> float:
        """Mean seconds per finished job of this rule, or of the rules of its kind."""
        rules = [rule] if self.ended[rule] else [r for r in self.ended if self._alike(r, rule)]
        return sum(self.busy[r] for r in rules) / max(sum(self.ended[r] for r in rules), 1)

    def _alike(self, first: str, second: str) -> bool:
        return (first in self.slow) == (second in self.slow)


def duration(seconds: float) -> str:
    """A time in words, such as ``40 s``, ``12 min``, ``3 h 20 min`` or ``2 d 5 h``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"
