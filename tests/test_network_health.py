"""Who is to blame when nobody answers: the source, or our own network; judged over runs that end whenever they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from feedsvc.app.network_health import Judgement, NetworkHealth
from feedsvc.model import RunReport

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def a_run(source: str, outcome: str, end: float, began: float | None = None) -> RunReport:
    """Return a run that lasted from `began` (the same instant unless given) to `end`, in seconds after noon."""
    started = end if began is None else began
    report = RunReport(source=source, started=NOON + timedelta(seconds=started), outcome=outcome)
    report.finished = NOON + timedelta(seconds=end)
    return report


def judged(*runs: RunReport) -> list[Judgement]:
    reach = NetworkHealth()
    return [reach.judged(run) for run in runs]


def blames(*names: str) -> Judgement:
    return Judgement(failed=frozenset(names))


def spares(*names: str) -> Judgement:
    return Judgement(excused=frozenset(names))


@pytest.mark.parametrize("outcome", ["dns", "connect", "timeout"])
def test_the_third_that_cannot_be_reached_acquits_all_three(outcome: str) -> None:
    runs = [a_run(name, outcome, at) for at, name in enumerate("abc")]
    assert judged(*runs) == [blames("a"), blames("b"), spares("a", "b", "c")]


def test_further_ones_are_spared_too_as_long_as_nobody_is_reached() -> None:
    runs = [a_run(name, "dns", at) for at, name in enumerate("abcdab")]
    assert judged(*runs)[3:] == [spares("d"), spares("a"), spares("b")]


def test_one_source_that_fails_thrice_is_one_source() -> None:
    runs = [a_run("a", "dns", at) for at in range(3)]
    assert judged(*runs) == [blames("a")] * 3


def test_a_failure_while_somebody_else_was_reached_is_the_sources_own() -> None:
    runs = [a_run("well", "unchanged", 5), *(a_run(name, "timeout", 20, began=1) for name in "abc")]
    assert judged(*runs)[1:] == [blames("a"), blames("b"), blames("c")]


def test_who_was_spared_is_blamed_when_somebody_was_reached_at_the_same_time_after_all() -> None:
    runs = [a_run("a", "dns", 1, began=0), a_run("b", "dns", 2, began=0), a_run("c", "dns", 3, began=0)]
    assert judged(*runs, a_run("well", "ok", 9, began=0))[-1] == blames("a", "b", "c", "well")
    assert judged(*runs, a_run("well", "ok", 9, began=8))[-1] == blames("well")  # the network came back


def test_dead_hosts_among_healthy_ones_do_not_excuse_each_other_for_ever() -> None:
    dead = [a_run(name, "connect", 60 * turn + at) for turn in (0, 1) for at, name in enumerate("abc")]
    found = judged(*dead[:3], a_run("well", "unchanged", 30, began=30), *dead[3:])
    assert found[2] == spares("a", "b", "c")
    assert found[4:] == [blames("a"), blames("b"), blames("c")]


def test_failures_that_are_far_apart_are_not_together() -> None:
    runs = [a_run(name, "dns", 3600 * at) for at, name in enumerate("abc")]
    assert judged(*runs) == [blames("a"), blames("b"), blames("c")]


def test_an_error_of_a_server_means_that_it_was_reached() -> None:
    runs = [a_run("a", "dns", 1), a_run("b", "dns", 2), a_run("d", "http", 3, began=3), a_run("c", "dns", 4)]
    assert judged(*runs)[-1] == blames("c")


@pytest.mark.parametrize("outcome", ["wait", "blocked"])
def test_what_sent_nothing_says_nothing(outcome: str) -> None:
    runs = [a_run("a", "dns", 1), a_run("b", "dns", 2), a_run("d", outcome, 3), a_run("c", "dns", 4)]
    assert judged(*runs)[-2:] == [blames("d"), spares("a", "b", "c")]
