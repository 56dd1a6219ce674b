"""The estimate of how long a run still takes."""

import pytest

from invariance.progress import TimeLeft, duration


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
    left = TimeLeft({"render": 4, "pretrain": 3, "all": 1}, ["pretrain"])
    now = run(left, 4, at_a_time=1, seconds=10, rule="render")
    assert left.text() == "", "nothing is known of what is to come"
    run(left, 1, at_a_time=1, seconds=300, begin=now, first=10)
    assert left.text() == "about 10 min left"


def test_jobs_that_wait_in_a_queue_are_foretold_by_how_often_one_ends():
    left = TimeLeft({"pretrain": 100, "probe": 100}, ["pretrain", "probe"])
    for job in range(100):
        left.start(job, "pretrain", 0)
    for job in range(40):
        left.end(job, 30 * (job + 1))
    assert left.text() == "at least 30 min left"


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
