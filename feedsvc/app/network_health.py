"""Decide whether our own network is down, from the recent runs of all remote sources. Pure.

    runs of remote sources, as they end -> NetworkHealth -> which sources failed, which are excused

If a run could not reach its host while another source was reached, the failure counts against its source. If no source
was reached, and it is the third source that failed in this way, our own network is down, and all of them are excused. A
source is excused again only as long as no source has been reached since: a few dead hosts among healthy ones cannot
excuse each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from feedsvc.model import RunReport

LOST = frozenset({"dns", "connect", "timeout"})  # kinds of failures in which the host was perhaps not reached
_SILENT = frozenset({"wait", "blocked"})  # nothing was sent, so the run says nothing about the network
_FEWEST = 3  # number of sources or hosts that must fail together before our own network counts as down
_WINDOW = timedelta(minutes=10)  # failures count as together if they are at most this far apart


def is_down(unreached: int, *, reached: bool) -> bool:
    """Return whether our own network is down: at least three sources or hosts were `unreached`, and none was `reached`."""
    return not reached and unreached >= _FEWEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Names of the sources whose next run has to be planned again."""

    failed: frozenset[str] = frozenset()
    excused: frozenset[str] = frozenset()


@dataclass(slots=True)
class NetworkHealth:
    """What recent runs say about the network; times are UTC."""

    # End of the last run that reached its host.
    _reached: datetime | None = None
    # Source -> its failed run, of all runs since a host was last reached.
    _suspects: dict[str, RunReport] = field(default_factory=dict)
    # Source -> when it was last excused.
    _spared: dict[str, datetime] = field(default_factory=dict)

    def judged(self, report: RunReport) -> Judgement:
        """Record a run of a remote source that has just ended; return what follows for it and for earlier runs."""
        if report.outcome in _SILENT:
            return Judgement(failed=frozenset({report.source}))
        return self._failed(report) if report.outcome in LOST else self._answered(report)

    def _answered(self, report: RunReport) -> Judgement:
        """Record that a host was reached: failures of other sources during this run were their own."""
        wronged = {
            name for name, failed in self._suspects.items() if name in self._spared and _end(failed) >= report.started
        }
        self._suspects.clear()
        self._spared.pop(report.source, None)
        self._reached = _end(report)
        return Judgement(failed=frozenset({report.source, *wronged}))

    def _failed(self, report: RunReport) -> Judgement:
        since = self._spared.get(report.source, report.started)
        if self._reached is not None and self._reached >= since:
            self._spared.pop(report.source, None)
            return Judgement(failed=frozenset({report.source}))
        at = _end(report)
        self._suspects = {name: each for name, each in self._suspects.items() if at - _end(each) <= _WINDOW}
        self._suspects[report.source] = report
        if not is_down(len(self._suspects), reached=False):
            return Judgement(failed=frozenset({report.source}))
        fresh = frozenset(name for name in self._suspects if name == report.source or name not in self._spared)
        self._spared |= {name: _end(self._suspects[name]) for name in fresh}
        return Judgement(excused=fresh)


def _end(report: RunReport) -> datetime:
    return report.finished or report.started
