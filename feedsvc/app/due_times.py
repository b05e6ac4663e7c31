"""Plan when each source is read next: gather what the archive knows, let `feedsvc.pace` decide, and store the result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from feedsvc import pace
from feedsvc.app.network_health import NetworkHealth
from feedsvc.model.catalog import KINDS
from feedsvc.pace import State
from feedsvc.sources.http.urls import public_url

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from feedsvc.model import RunReport, Source
    from feedsvc.store.archive import Archive

# A walk over a source's past ends where it meets one of this many newest articles that are stored already.
_KNOWN = 1000
_APPEARANCES = 100  # number of newest articles from which the polling interval is estimated
_GAPS_COUNT = timedelta(days=30)  # a gap shortens the polling interval for this long
_WATCH_SECONDS = 2.0


class Planner(Protocol):
    """Computes the next run of a source that has `every` or `cron`, or is a directory."""

    def __call__(self, source: Source, now: datetime, *, zone: str) -> datetime:
        """Return the time (UTC) of the next regular run of `source` after `now`; `zone` is an IANA name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """A run that has ended, and the stored state of its source before it."""

    source: Source
    before: State
    report: RunReport


class DueTimes:
    """The due times of all sources of `archive`: read from it once, and updated together with it from then on.

    Call the methods that take an `archive` in the thread of its owner. The others may be called in any thread.
    """

    def __init__(self, archive: Archive, planner: Planner) -> None:
        self._planner = planner
        self._states = archive.operations.states()
        self._reach = NetworkHealth()
        # source -> since when something may be missing, and when that was found
        self._missed = archive.operations.missed()
        self._last: dict[str, _Ended] = {}  # of remote sources whose last run failed

    def homed(self, source: Source) -> Source:
        """Return `source` with the URL to which it was redirected permanently, if it was."""
        return replace(source, moved_to=self._state(source.name).address(source.location))

    def is_missing(self, source: Source, now: datetime) -> bool:
        """Whether entries of `source` may have been missed in the 30 days before `now` (UTC).

        If so, the next run walks over the past of the source to find them.
        """
        _, found = self._missed.get(source.name, (now, None))
        return KINDS[source.kind].windowed and found is not None and now - found <= _GAPS_COUNT

    def searching(self, archive: Archive, source: Source) -> Source:
        """Return `source` with a description of what it may have missed, for the next run to look for."""
        since, _ = self._missed[source.name]
        return replace(source, missed=archive.missed(source.name, since, _KNOWN))

    def due(self, sources: Sequence[Source], now: datetime) -> list[str]:
        """Return the names of `sources` that are due at `now` (UTC), those that have waited longest first."""
        return due_sources(sources, self._states, now)

    def note(self, archive: Archive, source: Source, report: RunReport, zone: str) -> None:
        """Plan the next run of `source` after `report`; `zone` (IANA) is that of the service.

        If our own network may have caused the failure, the plans of other sources change too: see
        `feedsvc.app.network_health`.
        """
        self._note_missed(archive, source, report)
        if report.outcome == pace.NO_WORKERS:
            self._plan(archive, [pace.unread(self._state(source.name), report)])
            return
        ended = _Ended(source=source, before=self._state(source.name), report=report)
        if not source.remote:
            self._plan(archive, [self._planned(archive, ended, zone)])
            return
        found = self._reach.judged(report)
        if report.outcome not in pace.GOOD:
            self._last[source.name] = ended
        again = {each.report.source: each for name in found.failed | found.excused if (each := self._standing(name))}
        again[source.name] = ended
        if report.outcome in pace.GOOD:
            self._last.pop(source.name, None)
        self._plan(
            archive,
            [
                pace.unblamed(each.before, each.report) if name in found.excused else self._planned(archive, each, zone)
                for name, each in again.items()
            ],
        )

    def resume(self, archive: Archive, name: str) -> None:
        """Make the source `name` due now: forget its failures, its waiting time and that it was stopped."""
        resumed = replace(self._state(name), due=None, stopped=None, failures=0, error="", error_kind="")
        self._plan(archive, [resumed])

    def _note_missed(self, archive: Archive, source: Source, report: RunReport) -> None:
        """Update the known gaps: those that this run found, and those that its walk over the past has answered."""
        hints, operations = report.hints, archive.operations
        answered = hints.searched if report.outcome in pace.GOOD else ""
        if answered:
            operations.answer_gaps(source.name, report.started, answered, report.finished or report.started)
        if answered or hints.gaps:
            self._missed = operations.missed()

    def _plan(self, archive: Archive, states: Sequence[State]) -> None:
        archive.operations.plan(states)
        self._states |= {state.source: state for state in states}

    def _standing(self, name: str) -> _Ended | None:
        """Return the last failed run of the source `name`, unless the source has been read again since."""
        ended, state = self._last.get(name), self._state(name)
        return ended if ended and state.last_try == (ended.report.finished or ended.report.started) else None

    def _state(self, name: str) -> State:
        return self._states.get(name) or State(source=name)

    def _planned(self, archive: Archive, ended: _Ended, zone: str) -> State:
        source, report = ended.source, ended.report
        now = report.finished or report.started
        asked = public_url(source.location) if source.remote else source.location
        state = pace.after(ended.before, report, source.location, asked=asked)
        if source.every or source.cron or not source.remote:
            due = self._planner(source, now, zone=zone)
            state = replace(state, due=due, interval=(due - now).total_seconds())
        else:
            wait = pace.interval(state, self._signs(archive, source, report, now), now)
            due = pace.outside(now + timedelta(seconds=pace.spread(wait, source.name, now)), state.skip_hours)
            state = replace(state, due=due, interval=wait)
        return pace.backed_off(state, report, now) if source.remote else state

    def _signs(self, archive: Archive, source: Source, report: RunReport, now: datetime) -> pace.Signs:
        return replace(
            archive.appeared(source.name, _APPEARANCES),
            loss=archive.operations.loss(source.name, now - _GAPS_COUNT),
            max_age=report.hints.max_age,
        )


def due_sources(sources: Sequence[Source], states: dict[str, State], now: datetime) -> list[str]:
    """Return the names of `sources` that are due at `now` (UTC), those that have waited longest first."""
    waiting: list[tuple[float, str]] = []
    for source in sources:
        state = states.get(source.name) or State(source=source.name)
        due = state.due
        if source.watch and state.last_try and state.error_kind != pace.NO_WORKERS:
            due = state.last_try + timedelta(seconds=_WATCH_SECONDS)
        if not state.stopped and (due is None or due <= now):
            waiting.append((due.timestamp() if due else 0.0, source.name))
    return [name for _, name in sorted(waiting)]
