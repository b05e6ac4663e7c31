"""Decide when a remote source is polled next, and what is stored of it from one poll to the next. Pure.

    stored state + report of a run -> `after` -> State
    State + when its articles appeared + gaps -> `interval` -> `spread` -> `outside` the hours to skip -> due

Publishers sleep at night. `Day` is a clock that runs fast in the hours in which a source publishes and slowly in the
others, so that its articles come evenly on it. Intervals are computed on that clock. Time is an argument, and in place of
random numbers a digest of a name and a time is used. All durations are in seconds.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from feedsvc.model import Gap

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from feedsvc.model import RunReport, Verdict

SHORTEST = 300.0
LONGEST = 86400.0
CALM = 4 * 3600.0  # a quarter of the polls of an hourly client: what a source that is alive but slow is worth
UNKNOWN = 3600.0  # as long as no article says how often there are any
OFFLINE = 60.0  # until the next try when this machine is at fault: its network is down, or it starts no process
SPREAD = 0.1  # share of an interval by which it is longer or shorter
AGREE = 2  # number of polls in a row that must find the same permanent redirect
_POLLS = 2  # number of polls for each article that is expected
_DORMANT = 84.0  # polls within the silence of a source that is silent for longer than so many times `CALM`
_TURNS = 4  # polls in the shortest time in which all of its entries were replaced: chance makes it shorter still
_WINDOWS = 4  # seen before they count as wholes: the first few may all lie across a night
_HOUR, _HOURS = 3600.0, 24
_DAYS = timedelta(days=3)  # of articles at least: fewer say nothing of the hours of any day
# So many articles, spread evenly over the day, are added to those that were seen: a few articles say little about hours.
_EVEN = 12.0
_SLOWEST, _FASTEST = 0.25, 4.0  # of a `Day`: it never stands still
_SAMPLES = (4, 16)  # newest appearances that tell the rhythm: quick to see a burst, slow to forget one
_DOUBLINGS = 12
NO_WORKERS = "workers"  # outcome of a run without a process to read documents in: `feedsvc.errors.WorkersError`
GOOD = frozenset({"ok", "unchanged"})  # outcomes of runs in which nothing was wrong with the source


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The stored state of a source between two runs. Times are UTC; None = never."""

    source: str
    due: datetime | None = None  # None = at once
    interval: float | None = None  # as planned for a success, without spread
    failures: int = 0  # runs in a row
    last_try: datetime | None = None
    last_ok: datetime | None = None
    last_change: datetime | None = None  # an article was added or revised
    error: str = ""
    error_kind: str = ""
    moved_from: str = ""  # the configured URL to which `moved_to` and `moved_polls` apply
    moved_to: str = ""  # where its permanent redirects led the last time
    moved_polls: int = 0  # number of polls in a row that were redirected there
    stopped: datetime | None = None  # since when it is not polled, because the server answered 410 Gone
    ttl: float | None = None  # seconds, as the feed says
    skip_hours: tuple[int, ...] = ()  # UTC
    entries: int = 0  # number of entries in the feed at the last poll

    def address(self, configured: str) -> str:
        """Return the URL to poll in place of `configured` after permanent redirects; "" = it has not moved."""
        return self.moved_to if self.moved_from == configured and self.moved_polls >= AGREE else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """The observations from which the polling interval of a source is computed."""

    appeared: tuple[datetime, ...] = ()  # when its newest articles appeared, newest first (UTC)
    since: datetime | None = None  # when it was first read (UTC)
    loss: float | None = None  # the shortest time between two recent polls that left a gap, in seconds
    max_age: float | None = None  # how long the last response stays fresh, in seconds


# ---------------------------------------------------------------- what a run changes


def after(state: State, report: RunReport, configured: str, *, asked: str) -> State:
    """Return the state of a source after the run of `report`; its due time is not decided here.

    `configured` is the URL in the configuration, and `asked` is the same URL without its secrets, as requests are logged.
    """
    at = report.finished or report.started
    if report.outcome not in GOOD:
        return replace(
            state,
            failures=state.failures + 1,
            last_try=at,
            error=report.error,
            error_kind=report.outcome,
            stopped=at if report.outcome == "gone" else state.stopped,
            # Poll the configured URL again: if the new one fails, the redirect may have been a mistake.
            moved_polls=0,
        )
    changed = bool(report.added or report.revised)
    kept = _moved(state, report, configured, asked)
    head = report.hints.head
    if head is not None:
        kept = replace(kept, ttl=head.ttl, skip_hours=head.skip_hours, entries=report.hints.entries or state.entries)
    return replace(
        kept,
        failures=0,
        last_try=at,
        last_ok=at,
        last_change=at if changed else state.last_change,
        error="",
        error_kind="",
        stopped=None,
    )


def _moved(state: State, report: RunReport, configured: str, asked: str) -> State:
    """Return `state` with the number of polls in a row that were redirected permanently to the same URL."""
    if state.address(configured):
        return state  # the new URL was polled, and answered
    target = report.hints.moved_to if report.hints.asked == asked else ""
    same = bool(target) and (state.moved_from, state.moved_to) == (configured, target)
    return replace(
        state,
        moved_from=configured if target else "",
        moved_to=target,
        moved_polls=state.moved_polls + 1 if same else int(bool(target)),
    )


def unblamed(state: State, report: RunReport) -> State:
    """Return the state after a run that failed because our own network was down: no failure counts for the source."""
    at = report.finished or report.started
    return replace(state, last_try=at, due=at + timedelta(seconds=OFFLINE))


def unread(state: State, report: RunReport) -> State:
    """Return the state after a run for which no worker process could be started: the run failed, and is repeated soon.

    The failure is shown, but it does not lengthen the waits of the source, which did not cause it.
    """
    at = report.finished or report.started
    due = at + timedelta(seconds=OFFLINE)
    kept = replace(state, last_try=at, due=due, failures=max(state.failures, 1))
    return replace(kept, error=report.error, error_kind=report.outcome)


# ---------------------------------------------------------------- when


def interval(state: State, signs: Signs, now: datetime) -> float:
    """Return how many seconds to wait after a successful poll.

    That is half of the usual time between two articles, and at most four hours while the source is alive. It is not less
    than the feed's ttl, unless the entries of the feed have been replaced faster than that before. It is never less than the
    time for which the last response stays fresh.
    """
    day = Day.of(_apart(signs.appeared))
    gap = _rhythm(signs, now, day)
    wanted = UNKNOWN if gap is None else min(gap / _POLLS, max(CALM, gap / _DORMANT))
    wanted = max(day.later(now, wanted), state.ttl or 0.0)
    wanted = min([wanted, *_window_limit(signs.appeared, state.entries)])
    if signs.loss is not None:
        wanted = min(wanted, signs.loss / 2)
    return min(max(wanted, signs.max_age or 0.0, SHORTEST), LONGEST)


def _rhythm(signs: Signs, now: datetime, day: Day) -> float | None:
    """Return the recent interval between two articles in seconds of `day`, the current silence included; None = unknown."""
    times = _apart(signs.appeared)
    if signs.since and (not times or signs.since < times[-1]):
        times.append(signs.since)
    counts = [count for count in (*_SAMPLES, len(times) - 1) if 0 < count < len(times)]
    if not counts:  # nothing since it was first read
        return max(_POLLS * UNKNOWN, (now - times[0]).total_seconds()) if times else None
    return max(0.0, min((day.at(now) - day.at(times[count])) / count for count in counts))


@dataclass(frozen=True, slots=True)
class Day:
    """The hours of a source: a clock on which its articles come evenly; 24 of its hours are a day of ours (UTC)."""

    speeds: tuple[float, ...]  # of each hour of ours, 1.0 on average
    begins: tuple[float, ...]  # seconds of this clock at the beginning of each hour of ours

    @classmethod
    def of(cls, appeared: Sequence[datetime]) -> Day:
        """Return the day of a source whose articles `appeared` at these times, newest first; an even one if they are few."""
        known = appeared and appeared[0] - appeared[-1] >= _DAYS
        counts = [0.0] * _HOURS
        for time in appeared if known else ():  # an hour says something of those beside it too
            for hour, share in ((time.hour - 1, 0.25), (time.hour, 0.5), ((time.hour + 1) % _HOURS, 0.25)):
                counts[hour] += share
        even = (sum(counts) + _EVEN) / _HOURS
        speeds = [min(max((count + _EVEN / _HOURS) / even, _SLOWEST), _FASTEST) for count in counts]
        mean = sum(speeds) / _HOURS
        speeds = [speed / mean for speed in speeds]
        return cls(tuple(speeds), tuple(_HOUR * sum(speeds[:hour]) for hour in range(_HOURS)))

    def at(self, time: datetime) -> float:
        """Return what this clock shows at `time`, in seconds."""
        days, rest = divmod(time.timestamp(), LONGEST)
        hour = int(rest // _HOUR)
        return days * LONGEST + self.begins[hour] + self.speeds[hour] * (rest - hour * _HOUR)

    def later(self, now: datetime, seconds: float) -> float:
        """Return how many real seconds after `now` this clock shows `seconds` more."""
        days, rest = divmod(self.at(now) + seconds, LONGEST)
        hour = bisect_right(self.begins, rest) - 1
        time = days * LONGEST + hour * _HOUR + (rest - self.begins[hour]) / self.speeds[hour]
        return time - now.timestamp()


def _apart(times: Sequence[datetime]) -> list[datetime]:
    """Return `times` without those that are so close to another one that a single poll finds both."""
    found: list[datetime] = []
    for time in times:
        if not found or (found[-1] - time).total_seconds() >= SHORTEST:
            found.append(time)
    return found


def _window_limit(appeared: Sequence[datetime], entries: int) -> list[float]:
    """Return a share of the shortest time in which all entries of a window were replaced; nothing where that is not known.

    As long as few windows were seen, the entries inside of one tell their pace. What comes more than a window at once cannot
    be caught by asking often, and is no reason to.
    """
    steps = entries if len(appeared) >= _WINDOWS * entries else min(entries, len(appeared)) - 1
    if steps < 1:
        return []
    spans = (
        (new - old).total_seconds() / steps * entries for new, old in zip(appeared, appeared[steps:], strict=False)
    )
    return [span / _TURNS for span in sorted(span for span in spans if span >= SHORTEST)[:1]]


def retry(base: float, failures: int, longest: float = LONGEST) -> float:
    """Return how long to wait after the last of `failures` in a row: `base` after the first, twice as long after each further one.

    `longest` (seconds) bounds it. Sources, the WebSub hub and files of the mirror are all tried again so.
    """
    return min(base * 2.0 ** min(max(failures - 1, 0), _DOUBLINGS), longest)


def backed_off(state: State, report: RunReport, now: datetime) -> State:
    """Return `state` with a later due time if the source fails, or if its server sent `Retry-After` (RFC 9110 §10.2.3)."""
    due = state.due
    if state.failures and due is not None:
        wait = retry(state.interval or UNKNOWN, state.failures)
        due = max(due, now + timedelta(seconds=spread(wait, state.source, now)))
    if report.hints.retry_after is not None and due is not None:
        due = max(due, now + timedelta(seconds=min(report.hints.retry_after, LONGEST)))
    return replace(state, due=due)


def spread(seconds: float, name: str, now: datetime) -> float:
    """Return `seconds` changed by up to a tenth, at most a day, so that sources are not all polled at the same time."""
    digest = hashlib.sha256(f"{name}\0{now.isoformat()}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 0xFFFF_FFFF * 2 - 1
    return min(seconds * (1 + SPREAD * share), LONGEST)


def outside(due: datetime, skip_hours: Collection[int]) -> datetime:
    """Return `due` (UTC), or the same minute of the first later hour that is not in `skip_hours` (RSS 2.0 skipHours)."""
    if len({hour % 24 for hour in skip_hours}) >= 24:  # noqa: PLR2004 - hours of a day: all of them is none
        return due
    while due.hour in {hour % 24 for hour in skip_hours}:
        due += timedelta(hours=1)
    return due


# ---------------------------------------------------------------- what was missed


def gaps(verdicts: Sequence[Verdict], windows: Mapping[str, AbstractSet[int]]) -> tuple[Gap, ...]:
    """Return the feed documents of which no entry was in their last reading.

    `windows` holds the article ids of each document's last reading, where there was one with entries. A document without
    entries leaves no gap: it says nothing.
    """
    held: dict[str, list[int]] = {}
    for verdict in verdicts:
        held.setdefault(verdict.article.locator, []).append(verdict.known.id if verdict.known else 0)
    return tuple(
        Gap(locator=locator, entries=len(ids))
        for locator, ids in held.items()
        if windows.get(locator) and windows[locator].isdisjoint(ids)
    )
