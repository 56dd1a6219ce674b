"""About how long a run still takes, from what its own jobs took so far."""

from collections import Counter


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
        Rules whose jobs may take long; one job of any other rule counts for nothing until it ended.
    """

    def __init__(self, jobs: dict[str, int], slow=()):
        self.jobs = Counter(jobs)
        self.slow = frozenset(slow)
        self.running: dict[int, str] = {}
        self.ended: Counter = Counter()
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
        """Such as ``about 12 min left``; empty while nothing is known of what is to come.

        It is ``at least`` while no job of a slow rule to come has ended, whose time is unknown.
        """
        to_come = {rule: n - self.ended[rule] for rule, n in self.jobs.items()}
        to_come = {rule: n for rule, n in to_come.items() if n > 0}
        alone = sum(n * self.busy[rule] / max(self.ended[rule], 1) for rule, n in to_come.items())
        if not alone:
            return ""
        together = self.busy[None] / (self.busy.total() - self.busy[None])
        unknown = any(rule in self.slow and not self.ended[rule] for rule in to_come)
        return f"{'at least' if unknown else 'about'} {duration(alone * together)} left"


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
