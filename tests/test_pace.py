"""When a source is asked next, and what is remembered of it: decided by values alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import pace
from feedsvc.model import FeedHead, Gap, Hints, RunReport, Verdict
from feedsvc.pace import LONGEST, SHORTEST, Signs, State
from tests.store.making import an_entry

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = 3600.0
ADDRESS = "https://planet.example.org/atom.xml"
HOME = "https://new.example.org/atom.xml"
PLANET = State(source="planet", interval=HOUR, due=NOON)


def every(seconds: float, count: int = 20, before: float = 0.0) -> tuple[datetime, ...]:
    """Return `count` appearances, the newest `before` seconds before noon."""
    return tuple(NOON - timedelta(seconds=before + number * seconds) for number in range(1, count + 1))


def a_report(outcome: str = "ok", **settings: Any) -> RunReport:
    return RunReport(**{"source": "planet", "started": NOON, "finished": NOON, "outcome": outcome, **settings})


def after(state: State, report: RunReport) -> State:
    return pace.after(state, report, ADDRESS, asked=ADDRESS)


# ---------------------------------------------------------------- how often


@pytest.mark.parametrize("seconds", [1200.0, 2 * HOUR])
def test_a_source_is_asked_twice_for_each_article(seconds: float) -> None:
    found = pace.interval(PLANET, Signs(appeared=every(seconds)), NOON)
    assert found == pytest.approx(seconds / 2, rel=0.3)


def test_a_source_that_never_rests_is_asked_every_five_minutes() -> None:
    assert pace.interval(PLANET, Signs(appeared=every(30.0, 100)), NOON) == SHORTEST


def test_a_source_that_fell_silent_is_asked_ever_more_rarely_and_daily_at_least() -> None:
    silences = [0.0, 6 * HOUR, 48 * HOUR, 60_000 * HOUR]
    waits = [pace.interval(PLANET, Signs(appeared=every(HOUR, before=each)), NOON) for each in silences]
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(HOUR / 2, rel=0.3)
    assert waits[-1] == LONGEST


def test_a_burst_after_a_silence_is_noticed() -> None:
    quiet = every(24 * HOUR, before=HOUR)
    assert pace.interval(PLANET, Signs(appeared=(*every(600.0, 5), *quiet)), NOON) <= 600.0


def test_many_articles_at_once_are_one_appearance() -> None:
    daily = tuple(time - timedelta(seconds=n) for time in every(24 * HOUR, 5, before=-22 * HOUR) for n in range(10))
    assert pace.interval(PLANET, Signs(appeared=daily), NOON) >= pace.CALM


def test_a_source_of_which_nothing_is_known_is_asked_hourly() -> None:
    assert pace.interval(PLANET, Signs(), NOON) == HOUR


def test_a_source_that_never_had_anything_new_is_asked_more_rarely() -> None:
    waits = [pace.interval(PLANET, Signs(since=NOON - timedelta(hours=age)), NOON) for age in (1, 6, 24, 24 * 50)]
    assert waits == [HOUR, 3 * HOUR, pace.CALM, pytest.approx(24 * 50 / 84 * HOUR)]


@pytest.mark.parametrize("days", [1, 7, 14])
def test_a_slow_source_that_is_alive_is_asked_six_times_a_day(days: int) -> None:
    posts = tuple(NOON - timedelta(days=days * n, hours=7 * n) for n in range(1, 10))
    polls, now = 0, NOON
    while now < NOON + timedelta(days=1):
        now += timedelta(seconds=pace.interval(PLANET, Signs(appeared=posts), now))
        polls += 1
    assert 5 <= polls <= 7


def test_a_source_is_asked_more_often_in_the_hours_in_which_it_publishes() -> None:
    mornings = every(24 * HOUR, 60, before=3 * HOUR)  # at nine
    at_eight, at_noon = (pace.interval(PLANET, Signs(appeared=mornings), NOON.replace(hour=hour)) for hour in (8, 12))
    assert at_eight < HOUR
    assert at_noon > 4 * HOUR


def test_a_few_hours_of_articles_say_nothing_of_the_hours_of_a_day() -> None:
    hours = every(1800.0, 40)  # less than a day, and this hour among them
    assert pace.interval(PLANET, Signs(appeared=hours), NOON) == pytest.approx(900.0, rel=0.3)
    assert pace.Day.of(hours) == pace.Day.of(())


def test_the_first_window_tells_its_pace_before_a_second_was_seen() -> None:
    night = every(210.0, 10, before=10 * HOUR)  # ten entries within half an hour, ten hours ago
    assert pace.interval(replace(PLANET, entries=10), Signs(appeared=night), NOON) == pytest.approx(2100.0 / 4)


@given(
    st.lists(st.floats(0, 40 * 24 * HOUR), max_size=100),
    st.floats(0, 3 * 24 * HOUR),
    st.floats(0, 24 * HOUR),
)
def test_the_clock_of_a_source_goes_forward_and_round_in_a_day(ages: list[float], later: float, wait: float) -> None:
    appeared = sorted((NOON - timedelta(seconds=age) for age in ages), reverse=True)
    day, now = pace.Day.of(appeared), NOON + timedelta(seconds=later)
    assert day.at(now + timedelta(days=1)) - day.at(now) == pytest.approx(24 * HOUR)
    found = day.later(now, wait)
    assert wait / 17 - 1 <= found <= wait * 17 + 1
    assert day.at(now + timedelta(seconds=found)) - day.at(now) == pytest.approx(wait, abs=0.01)


def test_nobody_is_asked_before_the_ttl_or_while_the_last_answer_is_fresh() -> None:
    signs = Signs(appeared=every(600.0))
    assert pace.interval(replace(PLANET, ttl=2 * HOUR), signs, NOON) == 2 * HOUR
    assert pace.interval(PLANET, replace(signs, max_age=3 * HOUR), NOON) == 3 * HOUR


def test_a_window_is_never_left_until_it_could_have_slid_past() -> None:
    burst = (*every(24 * HOUR, 3, before=30 * HOUR), *every(600.0, 20, before=200 * HOUR))
    free = pace.interval(PLANET, Signs(appeared=burst), NOON)
    bound = pace.interval(replace(PLANET, entries=10), Signs(appeared=burst), NOON)
    assert free > bound == 10 * 600.0 / 4


def test_a_ttl_does_not_keep_us_away_from_a_window_that_slides() -> None:
    state = replace(PLANET, ttl=24 * HOUR, entries=10)
    assert pace.interval(state, Signs(appeared=every(HOUR, 40)), NOON) == 2.5 * HOUR


def test_a_gap_makes_polling_twice_as_tight() -> None:
    signs = Signs(appeared=every(24 * HOUR), loss=HOUR)
    assert pace.interval(PLANET, signs, NOON) == HOUR / 2


@given(
    st.lists(st.floats(0, 1e8), max_size=40),
    st.none() | st.floats(0, 1e9),
    st.none() | st.floats(0, 1e9),
    st.integers(0, 50),
)
def test_an_interval_is_between_five_minutes_and_a_day(
    ages: list[float], ttl: float | None, loss: float | None, entries: int
) -> None:
    appeared = tuple(sorted((NOON - timedelta(seconds=age) for age in ages), reverse=True))
    state = replace(PLANET, ttl=ttl, entries=entries)
    assert SHORTEST <= pace.interval(state, Signs(appeared=appeared, loss=loss), NOON) <= LONGEST


# ---------------------------------------------------------------- spread, hours to skip, failures


def test_two_sources_do_not_stay_in_step_and_one_gets_the_same_answer_twice() -> None:
    waits = {pace.spread(HOUR, f"source-{number}", NOON) for number in range(50)}
    assert len(waits) == 50
    assert min(waits) >= 0.9 * HOUR
    assert max(waits) <= 1.1 * HOUR
    assert pace.spread(HOUR, "planet", NOON) == pace.spread(HOUR, "planet", NOON)


def test_hours_that_the_publisher_sleeps_are_left_out() -> None:
    due = NOON.replace(minute=17)
    assert pace.outside(due, (12, 13, 14)) == due.replace(hour=15)
    assert pace.outside(due, (11,)) == due
    assert pace.outside(due, range(24)) == due


def test_failures_double_the_interval_up_to_a_day() -> None:
    waits = [pace.retry(HOUR, failures) / HOUR for failures in (1, 2, 3, 6, 99)]
    assert waits == [1, 2, 4, 24, 24]


def test_a_source_that_fails_for_ever_is_asked_for_ever() -> None:
    state, now = PLANET, NOON
    for _ in range(200):
        report = a_report("timeout", finished=now, error="too slow")
        state = pace.backed_off(after(state, report), report, now)
        assert state.due is not None
        assert timedelta(0) < state.due - now <= timedelta(days=1)
        now = state.due
    assert state.failures == 200


def test_a_server_that_asks_for_peace_has_it() -> None:
    report = a_report("wait", hints=Hints(retry_after=5 * HOUR))
    state = pace.backed_off(after(PLANET, report), report, NOON)
    assert state.due == NOON + timedelta(hours=5)


# ---------------------------------------------------------------- what is remembered


def test_a_success_forgets_what_failed() -> None:
    failed = after(PLANET, a_report("dns", error="no such host"))
    assert (failed.failures, failed.error, failed.error_kind, failed.last_ok) == (1, "no such host", "dns", None)
    well = after(failed, a_report(added=1))
    assert (well.failures, well.error, well.error_kind, well.last_ok, well.last_change) == (0, "", "", NOON, NOON)


def test_what_the_feed_says_of_itself_stays_over_an_unchanged_poll() -> None:
    head = FeedHead(ttl=HOUR, skip_hours=(1, 2))
    state = after(after(PLANET, a_report(hints=Hints(head=head, entries=10))), a_report("unchanged"))
    assert (state.ttl, state.skip_hours, state.entries) == (HOUR, (1, 2), 10)


def test_a_publisher_who_says_gone_is_asked_no_more_until_it_answers() -> None:
    gone = after(PLANET, a_report("gone", error="410"))
    assert gone.stopped == NOON
    assert after(gone, a_report("unchanged")).stopped is None


def moved(*targets: str) -> State:
    state = PLANET
    for target in targets:
        state = after(state, a_report(hints=Hints(asked=ADDRESS, moved_to=target)))
    return state


def test_a_new_home_is_asked_after_two_polls_agree() -> None:
    assert moved(HOME).address(ADDRESS) == ""
    assert moved(HOME, "").address(ADDRESS) == ""
    assert moved(HOME, "https://other.example/").address(ADDRESS) == ""
    assert moved(HOME, HOME).address(ADDRESS) == HOME


def test_a_new_home_is_forgotten_when_the_config_names_another_address() -> None:
    assert moved(HOME, HOME).address(HOME) == ""


def test_a_new_home_stays_while_it_answers_and_is_forgotten_when_it_fails() -> None:
    settled = after(moved(HOME, HOME), a_report("unchanged", hints=Hints(asked=HOME)))
    assert settled.address(ADDRESS) == HOME
    assert after(settled, a_report("http", error="404")).address(ADDRESS) == ""


def test_the_redirect_of_a_feed_that_a_page_named_is_not_the_pages() -> None:
    report = a_report(hints=Hints(asked="https://planet.example.org/found.xml", moved_to=HOME))
    assert after(after(PLANET, report), report).address(ADDRESS) == ""


# ---------------------------------------------------------------- our own network


def test_without_a_network_nobody_is_blamed_and_all_are_tried_in_a_minute() -> None:
    state = pace.unblamed(PLANET, a_report("dns"))
    assert (state.failures, state.error, state.due) == (0, "", NOON + timedelta(minutes=1))


# ---------------------------------------------------------------- gaps


def test_a_document_without_an_entry_of_the_last_one_is_a_gap() -> None:
    verdicts = [Verdict(what="added", article=an_entry(name)) for name in ("tides", "lamps")]
    place = verdicts[0].article.locator
    assert pace.gaps(verdicts, {place: {1, 2}}) == (Gap(locator=place, entries=2),)
    assert pace.gaps(verdicts, {}) == ()
    assert pace.gaps([], {place: {1, 2}}) == ()
