"""About how long a run still takes, from what its own jobs took so far."""

from collections import Counter

TOLD_BY = 0.1  # the share of slow jobs that must have ended before anything is said


class TimeLeft:
    """Told of each job's start and end, it estimates when the last one ends.

    Every rule's jobs are taken to end as often as they did so far while there were any. That holds
    for cores and for a cluster's queue, where a job's own time is mostly waiting. What rules did at
    the same time they will do at the same time again. Times are in seconds on one clock, wherever
    it began.

    Parameters
    ----------
    jobs : dict of str to int
        Jobs to come, by rule.
    slow : collection of str
        Rules whose jobs may take long. Until a job of a rule ended, its jobs are taken to last as
        long as others of their kind, slow or not. Nothing is said before a tenth of all slow jobs
        ended, nor while most of those to come are of rules of which none did: the first jobs of a
        run are short.
    """

    def __init__(self, jobs: dict[str, int], slow=()):
        self.jobs = Counter(jobs)
        self.slow = frozenset(slow)
        self.running: dict[int, str] = {}
        self.ended: Counter = Counter()
        self.known = False  # once it can be told, it is told to the end
        # By rule, and by None for all together: seconds with any running, up to the last end, and
        # from when on the next of them count.
        self.busy: Counter = Counter()
        self.since: dict[str | None, float] = {}

    def start(self, job: int, rule: str, now: float) -> None:
        """A job began, or began once more after it failed."""
        self.running[job] = rule
        for kind in (rule, None):
            self.since.setdefault(kind, now)

    def end(self, job: int, now: float) -> None:
        """A job ended well."""
        rule = self.running.pop(job)
        self.ended[rule] += 1
        for kind, alive in ((rule, rule in self.running.values()), (None, bool(self.running))):
            self.busy[kind] += now - self.since.pop(kind)
            if alive:
                self.since[kind] = now

    def text(self) -> str:
        """Such as ``about 12 min left``; empty before that can be told, and at the end."""
        to_come = {rule: n - self.ended[rule] for rule, n in self.jobs.items()}
        to_come = {rule: n for rule, n in to_come.items() if n > 0}
        self.known = self.known or (bool(self.ended) and self._known(to_come))
        if not to_come or not self.known:
            return ""
        alone = sum(n * self._seconds(rule) for rule, n in to_come.items())
        together = self.busy[None] / (self.busy.total() - self.busy[None])
        return f"about {duration(alone * together)} left"

    def _known(self, to_come: dict[str, int]) -> bool:
        """Whether enough slow jobs ended to tell of the others by them."""
        slow = [rule for rule in self.jobs if rule in self.slow]
        ended, jobs = (sum(of[rule] for rule in slow) for of in (self.ended, self.jobs))
        left = {rule: to_come.get(rule, 0) for rule in slow}
        unknown = sum(n for rule, n in left.items() if not self.ended[rule])
        return ended >= TOLD_BY * jobs and unknown <= sum(left.values()) / 2

    def _seconds(self, rule: str) -> float:
        """Of a job of this rule: as of those before it, or as of those of its kind."""
        known = [rule] if self.ended[rule] else [r for r in self.ended if self._alike(r, rule)]
        return sum(self.busy[r] for r in known) / max(sum(self.ended[r] for r in known), 1)

    def _alike(self, one: str, other: str) -> bool:
        return (one in self.slow) == (other in self.slow)


def duration(seconds: float) -> str:
    """Such as ``40 s``, ``12 min``, ``3 h 20 min`` or ``2 d 5 h``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"
