"""The estimate of how long a run still takes."""

import csv
import heapq
import re
from collections import Counter
from pathlib import Path

import pytest

from invariance.launch.run_progress import TimeLeft, duration

SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
SLOW = [
    *("render_dataset", "pretrain", "extract_features"),
    *("linear_probe", "fine_tune", "score_sensitivity"),
]


def run(left, jobs, *, at_a_time, seconds, rule="pretrain", begin=0.0, first=0):
    """Let so many jobs run, in rounds; the time at which the last ends."""
    now = begin
    for job in range(first, first + jobs, at_a_time):
        for other in range(at_a_time):
            left.start(job + other, rule, now)
        now += seconds
        for other in range(at_a_time):
            left.end(job + other, now)
    return now


@pytest.mark.parametrize("at_a_time", [1, 2, 5])
def test_equal_jobs_are_foretold_exactly(at_a_time):
    left = TimeLeft({"pretrain": 20}, ["pretrain"])
    run(left, 10, at_a_time=at_a_time, seconds=120)
    assert left.text() == f"about {duration(10 * 120 / at_a_time)} left"


def test_each_rule_counts_with_its_own_time():
    left = TimeLeft({"write": 4, "pretrain": 3}, ["pretrain"])
    now = run(left, 4, at_a_time=1, seconds=10, rule="write")
    assert left.text() == "", "nothing is known of what is to come"
    run(left, 1, at_a_time=1, seconds=300, begin=now, first=10)
    assert left.text() == "about 10 min left"


def test_jobs_of_a_rule_of_which_none_ended_are_taken_to_be_as_long_as_others():
    jobs = {"render_dataset": 10, "pretrain": 10, "fine_tune": 10, "draw": 2}
    left = TimeLeft(jobs, SLOW)
    now = run(left, 3, at_a_time=1, seconds=30, rule="render_dataset")
    assert left.text() == "", "most are of rules of which none ended"
    now = run(left, 1, at_a_time=1, seconds=90, begin=now, first=5)
    assert left.text() == f"about {duration(7 * 30 + 9 * 90 + 10 * 45)} left"
    run(left, 1, at_a_time=1, seconds=60, begin=now, first=8, rule="draw")
    assert left.text() == f"about {duration(7 * 30 + 9 * 90 + 10 * 45 + 60)} left"


def test_nothing_is_said_after_too_few_jobs():
    left = TimeLeft({"pretrain": 100}, SLOW)
    now = run(left, 9, at_a_time=1, seconds=10)
    assert left.text() == ""
    run(left, 1, at_a_time=1, seconds=10, begin=now, first=30)
    assert left.text() == "about 15 min left"


def test_jobs_that_wait_in_a_queue_are_foretold_by_how_often_one_ends():
    left = TimeLeft({"pretrain": 100}, ["pretrain"])
    for job in range(100):
        left.start(job, "pretrain", 0)
    for job in range(40):
        left.end(job, 30 * (job + 1))
    assert left.text() == "about 30 min left"


def test_rules_that_run_side_by_side_share_the_machine():
    left = TimeLeft({"probe": 20, "finetune": 20})
    for job in range(10):
        left.start(2 * job, "probe", 60 * job)
        left.start(2 * job + 1, "finetune", 60 * job)
        left.end(2 * job, 60 * (job + 1))
        left.end(2 * job + 1, 60 * (job + 1))
    assert left.text() == "about 10 min left"


def test_a_job_that_failed_and_began_again_counts_once():
    left = TimeLeft({"pretrain": 2}, ["pretrain"])
    left.start(0, "pretrain", 0)
    left.start(0, "pretrain", 60)
    left.end(0, 120)
    assert left.text() == "about 2 min left", "the time of the failed one counts, too"


def test_nothing_is_said_before_the_first_and_after_the_last():
    left = TimeLeft({"pretrain": 1}, ["pretrain"])
    assert left.text() == ""
    left.start(0, "pretrain", 0.0)
    assert left.text() == ""
    left.end(0, 10.0)
    assert left.text() == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "1 h 0 min"),
        (12_000, "3 h 20 min"),
        (190_800, "2 d 5 h"),
    ],
)
def test_durations_read_well(seconds, text):
    assert duration(seconds) == text


def play(jobs: list[tuple[str, float]], at_a_time: int):
    """Jobs in the order in which they began, so many at a time: each estimate with the truth."""
    left = TimeLeft(Counter(rule for rule, _ in jobs), SLOW)
    running, told, now = [], [], 0.0
    waiting = list(enumerate(jobs))[::-1]
    while waiting or running:
        while waiting and len(running) < at_a_time:
            job, (rule, seconds) = waiting.pop()
            left.start(job, rule, now)
            heapq.heappush(running, (now + seconds, job))
        now, job = heapq.heappop(running)
        left.end(job, now)
        if text := left.text():
            said = re.fullmatch(r"about (.+) left", text)[1].split()
            pairs = zip(said[::2], said[1::2], strict=True)
            told.append((now, sum(int(number) * SECONDS[unit] for number, unit in pairs)))
    return now, told


@pytest.fixture(scope="module")
def recorded():
    """The jobs of a demo in their order, the seconds of each freed of the machine's other work."""
    path = Path(__file__).with_name("recorded_demo.csv")
    with path.open(encoding="utf-8") as file:
        return [(row["rule"], float(row["seconds"])) for row in csv.DictReader(file)]


@pytest.mark.parametrize("at_a_time", [1, 2, 4])
@pytest.mark.parametrize("longer", [{}, {"pretrain": 5}, {"fine_tune": 2}])
def test_the_first_estimate_of_a_recorded_run_is_about_right(recorded, at_a_time, longer):
    """Also where some rules take longer than in the demo, as on other machines and settings."""
    jobs = [(rule, seconds * longer.get(rule, 1)) for rule, seconds in recorded]
    end, told = play(jobs, at_a_time)
    began, first = told[0]
    assert began < 0.15 * end, "it comes early enough to be of use"
    wrong = 2 if longer else 1.5
    assert 1 / wrong < first / (end - began) < wrong
    for now, seconds in told:
        if now < 0.9 * end:
            # Minutes are rounded, and few are left.
            assert 0.8 / wrong < seconds / (end - now) < wrong / 0.8, f"at {now:.0f} of {end:.0f} s"
