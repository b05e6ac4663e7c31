"""When each source is read next: what the archive knows is gathered here, decided by `feedsvc.pace`, and remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from feedsvc import pace
from feedsvc.pace import State
from feedsvc.sources.urls import public_url

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from feedsvc.model import RunReport, Source
    from feedsvc.store.archive import Archive

_APPEARANCES = 100  # newest articles of a source that tell its rhythm
_GAPS_COUNT = timedelta(days=30)  # for so long a gap makes polling tighter
_WATCH_SECONDS = 2.0


class Planner(Protocol):
    """When a source is to be read next that says so itself."""

    def __call__(self, source: Source, now: datetime, *, zone: str) -> datetime:
        """Return the instant (UTC) of the next regular run of `source` after `now`."""
        ...


class Planning:
    """The plans of one round of runs: what was remembered is read once, at its beginning."""

    def __init__(self, archive: Archive, planner: Planner, zone: str) -> None:
        self._archive = archive
        self._planner = planner
        self._zone = zone
        self._states = archive.operations.states()
        self._unblamed: list[tuple[Source, RunReport]] = []
        self._outcomes: list[str] = []  # of remote sources

    def homed(self, source: Source) -> Source:
        """Return `source` with the address that it has moved to for good, if it has."""
        return replace(source, moved_to=self._state(source).address(source.location))

    def note(self, source: Source, report: RunReport) -> None:
        """Plan the next run of `source` after `report`; what may be the fault of our own network waits for `settle`."""
        if source.remote:
            self._outcomes.append(report.outcome)
        if source.remote and pace.is_network(report.outcome):
            self._unblamed.append((source, report))
        else:
            self._archive.operations.plan([self._planned(source, report)])

    def settle(self) -> None:
        """Plan what waited: when nothing at all could be reached, no source is blamed, and all are tried again soon."""
        offline = pace.is_offline(self._outcomes)
        self._archive.operations.plan(
            [pace.unblamed(self._state(s), r) if offline else self._planned(s, r) for s, r in self._unblamed]
        )

    def _state(self, source: Source) -> State:
        return self._states.get(source.name) or State(source=source.name)

    def _planned(self, source: Source, report: RunReport) -> State:
        now = report.finished or report.started
        asked = public_url(source.location) if source.remote else source.location
        state = pace.after(self._state(source), report, source.location, asked=asked)
        if source.every or source.cron or not source.remote:
            due = self._planner(source, now, zone=self._zone)
            state = replace(state, due=due, interval=(due - now).total_seconds())
        else:
            wait = pace.interval(state, self._signs(source, report, now), now)
            due = pace.outside(now + timedelta(seconds=pace.spread(wait, source.name, now)), state.skip_hours)
            state = replace(state, due=due, interval=wait)
        return pace.backed_off(state, report, now) if source.remote else state

    def _signs(self, source: Source, report: RunReport, now: datetime) -> pace.Signs:
        return replace(
            self._archive.appeared(source.name, _APPEARANCES),
            loss=self._archive.operations.loss(source.name, now - _GAPS_COUNT),
            max_age=report.hints.max_age,
        )


def due_sources(sources: Sequence[Source], states: dict[str, State], now: datetime) -> list[str]:
    """Return the names of `sources` that are due at `now` (UTC), those that have waited longest first."""
    waiting: list[tuple[float, str]] = []
    for source in sources:
        state = states.get(source.name) or State(source=source.name)
        due = state.due
        if source.watch and state.last_try:
            due = state.last_try + timedelta(seconds=_WATCH_SECONDS)
        if not state.stopped and (due is None or due <= now):
            waiting.append((due.timestamp() if due else 0.0, source.name))
    return [name for _, name in sorted(waiting)]
