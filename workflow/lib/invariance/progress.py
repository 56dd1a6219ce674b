"""About how long a run still takes, from what its own jobs took so far."""

from collections import Counter


class TimeLeft:
    """Told of each job's start and end, it estimates when the last one ends.

    Every rule's jobs are taken to last as long as those of it that ended, on average, and as many
    to run at a time as did so far. Times are in seconds on one clock, wherever it began.

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
        self.running: dict[int, tuple[str, float]] = {}
        self.ended: Counter = Counter()
        self.took: Counter = Counter()
        self.first: float | None = None

    def start(self, job: int, rule: str, now: float) -> None:
        """A job began, or began once more after it failed."""
        self.running[job] = (rule, now)
        self.first = now if self.first is None else self.first

    def end(self, job: int, now: float) -> None:
        """A job ended well."""
        rule, started = self.running.pop(job)
        self.ended[rule] += 1
        self.took[rule] += now - started

    def text(self, now: float) -> str:
        """Such as ``about 12 min left``; empty while nothing is known of what is to come.

        It is ``at least`` while no job of a slow rule to come has ended, whose time is unknown.
        """
        to_come = {rule: n - self.ended[rule] for rule, n in self.jobs.items()}
        to_come = {rule: n for rule, n in to_come.items() if n > 0}
        if not to_come or not self.took.total():
            return ""
        unknown = any(rule in self.slow and not self.ended[rule] for rule in to_come)
        usual = {rule: self.took[rule] / n for rule, n in self.ended.items()}
        work = sum(n * usual.get(rule, 0.0) for rule, n in to_come.items())
        for rule, started in self.running.values():
            work -= min(now - started, usual.get(rule, 0.0))
        passed = self.took.total() + sum(now - started for _, started in self.running.values())
        if work <= 0:
            return ""
        at_a_time = max(passed / (now - self.first), 1.0)
        return f"{'at least' if unknown else 'about'} {duration(work / at_a_time)} left"


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
