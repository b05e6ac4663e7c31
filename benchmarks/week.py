"""A week of 500 sources on a simulated clock: how often each is asked, what is missed, how late an entry is.

    python benchmarks/week.py [--sources 500] [--days 7] [--seed 1]

Sources publish by chance in the ways that real ones do; `feedsvc.pace` decides when each is asked, from what its polls have
shown and nothing else, beside a client that asks every hour. Entries that the window of a feed could not hold from one
five-minute look to the next are counted apart: no client can have them.
"""

from __future__ import annotations

import argparse
import bisect
import random
import statistics
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from feedsvc import pace
from feedsvc.pace import Signs, State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
HOUR, DAY = 3600.0, 86400.0
BEFORE = 60 * DAY  # published before the first poll
REMEMBERED = 100  # newest entries by which the pace is found, as in the service


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way to publish."""

    name: str
    share: float  # of all sources
    window: int  # entries of its feed
    times: Callable[[random.Random, float], list[float]]  # (chance, end in seconds from -BEFORE on)


def by_day(rate: float, first: float = 0.0, last: float = 24.0) -> Callable[[random.Random, float], list[float]]:
    """Return a publisher of `rate` entries a day by chance, between two hours of the day."""

    def times(chance: random.Random, end: float) -> list[float]:
        found, now = [], -BEFORE
        while now < end:
            now += chance.expovariate(rate / ((last - first) * HOUR))
            within = now % DAY / HOUR
            if within < first or within >= last:
                now += ((first - within) % 24) * HOUR
            found.append(now)
        return found

    return times


def at_once(count: int, every: float) -> Callable[[random.Random, float], list[float]]:
    """Return a publisher of `count` entries within ten minutes, every so many seconds."""

    def times(chance: random.Random, end: float) -> list[float]:
        start = -BEFORE + chance.uniform(0, every)
        return sorted(
            start + n * every + chance.uniform(0, 600) for n in range(int((end + BEFORE) / every)) for _ in range(count)
        )

    return times


KINDS = (
    Kind(name="agency, 300 a day", share=0.02, window=50, times=by_day(300)),
    Kind(name="newspaper, 80 a day by day", share=0.08, window=30, times=by_day(80, 5, 22)),
    Kind(name="small window, 240 a day", share=0.03, window=10, times=by_day(240, 6, 20)),
    Kind(name="site, 10 a day", share=0.20, window=20, times=by_day(10, 7, 19)),
    Kind(name="blog, one a day", share=0.25, window=15, times=by_day(1, 7, 23)),
    Kind(name="blog, one a week", share=0.25, window=10, times=by_day(1 / 7, 7, 23)),
    Kind(name="eight at once, daily", share=0.10, window=10, times=at_once(8, DAY)),
    Kind(name="silent", share=0.07, window=10, times=by_day(1 / 60)),
)


@dataclass(slots=True)
class Tally:
    """What one client saw of one kind of source."""

    polls: int = 0
    missed: int = 0
    delays: list[float] = field(default_factory=list)  # seconds


def follow(
    times: Sequence[float], window: int, end: float, wait: Callable[[float, float | None], float], tally: Tally
) -> None:
    """Poll one source until `end`; `wait(now, lost over)` says for how long after each poll."""
    now, seen, last = 0.0, max(0, bisect.bisect_right(times, 0.0)), None
    while now < end:
        there = bisect.bisect_right(times, now)
        oldest = max(0, there - window)
        tally.polls += 1
        tally.missed += max(0, oldest - seen)
        tally.delays += [now - times[each] for each in range(max(seen, oldest), there)]
        slid = last is not None and there > seen and oldest >= seen
        loss = now - last if slid and last is not None else None
        seen, last = there, now
        now += wait(now, loss)


def adaptive(name: str, times: Sequence[float], window: int) -> Callable[[float, float | None], float]:
    """Return the pace of feedsvc for one source, by what is in its feed and what was seen before."""
    state, losses = State(source=name, entries=window), []
    known: list[datetime] = []

    def wait(now: float, loss: float | None) -> float:
        there = bisect.bisect_right(times, now)
        shown = [BEGIN + timedelta(seconds=each) for each in times[max(0, there - window) : there]]
        known[:] = sorted({*known, *shown})[-REMEMBERED:]
        if loss:
            losses.append(loss)
        signs = Signs(appeared=tuple(reversed(known)), since=BEGIN, loss=min(losses, default=None))
        at = BEGIN + timedelta(seconds=now)
        return pace.spread(pace.interval(state, signs, at), name, at)

    return wait


def beyond(times: Sequence[float], window: int, end: float) -> int:
    """Return how many entries a look every five minutes would miss."""
    tally = Tally()
    follow(times, window, end, lambda _now, _loss: pace.SHORTEST, tally)
    return tally.missed


def main() -> None:
    """Simulate, and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sources", type=int, default=500)
    arguments.add_argument("--days", type=float, default=7.0)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    chance, end = random.Random(chosen.seed), chosen.days * DAY
    head = f"{'':28}{'':>8}{'entries':>9}{'polls a day':>20}{'missed':>14}{'':>8}{'median delay, min':>20}"
    columns = (
        f"{'kind':28}{'sources':>8}{'a day':>9}{'feedsvc':>11}{'hourly':>9}{'feedsvc':>8}{'hourly':>7}{'nobody':>7}"
    )
    print(f"{head}\n{columns}{'feedsvc':>11}{'hourly':>9}")
    whole = [Tally(), Tally()]
    for kind in KINDS:
        ours, hourly, impossible, entries = Tally(), Tally(), 0, 0
        number = round(kind.share * chosen.sources)
        for each in range(number):
            times = kind.times(chance, end)
            entries += sum(0 <= time < end for time in times)
            impossible += beyond(times, kind.window, end)
            follow(times, kind.window, end, adaptive(f"{kind.name} {each}", times, kind.window), ours)
            shift = chance.uniform(0, HOUR)
            follow([time - shift for time in times], kind.window, end, lambda _now, _loss: HOUR, hourly)
        for total, part in zip(whole, (ours, hourly), strict=True):
            total.polls, total.missed = total.polls + part.polls, total.missed + part.missed
            total.delays += part.delays
        print(
            _row(kind.name, number, entries / number / chosen.days, ours, hourly, impossible, chosen.days), flush=True
        )
    print(_row("all", chosen.sources, len(whole[0].delays) / chosen.sources / chosen.days, *whole, 0, chosen.days))


def _row(name: str, number: int, rate: float, ours: Tally, hourly: Tally, impossible: int, days: float) -> str:
    polls = [each.polls / number / days for each in (ours, hourly)]
    delays = [statistics.median(each.delays) / 60 if each.delays else 0.0 for each in (ours, hourly)]
    return (
        f"{name:28}{number:8}{rate:9.1f}{polls[0]:11.1f}{polls[1]:9.1f}{ours.missed:8}{hourly.missed:7}{impossible:7}"
        f"{delays[0]:11.1f}{delays[1]:9.1f}"
    )


if __name__ == "__main__":
    main()
