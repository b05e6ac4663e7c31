"""Whether it is our own network that is down: judged over the sources that were asked of late, whenever each was. Pure.

    runs of remote sources, as they end -> Reach -> whom to blame, whom to spare

A run that could not reach its host is failed on the source when somebody else was reached while it lasted. When nobody
was, and it is the third source to fail so, our own network is down and none of them is failed. A source that was excused is
excused again only as long as nobody has been reached since: a few dead hosts among healthy ones cannot excuse each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from feedsvc.model import RunReport

LOST = frozenset({"dns", "connect", "timeout"})  # kinds of failures: nobody was reached, or nobody knows
_SILENT = frozenset({"wait", "blocked"})  # nothing was sent: says nothing of the network
_FEWEST = 3  # sources or hosts that fail together before the network is failed
_WINDOW = timedelta(minutes=10)  # failures further apart than this are not together


def is_down(unreached: int, *, reached: bool) -> bool:
    """Return whether our own network is down: so many sources or hosts were not reached together, and none was `reached`."""
    return not reached and unreached >= _FEWEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Sources whose last run is to be planned anew, by name."""

    failed: frozenset[str] = frozenset()
    excused: frozenset[str] = frozenset()


@dataclass(slots=True)
class NetworkHealth:
    """What is known of the network; times are UTC."""

    _reached: datetime | None = None  # when a run ended that reached somebody
    _suspects: dict[str, RunReport] = field(default_factory=dict)  # source -> its failure, since anybody was reached
    _spared: dict[str, datetime] = field(default_factory=dict)  # source -> when it was excused the last time

    def judged(self, report: RunReport) -> Judgement:
        """Take in the run of a remote source that has just ended; return what follows for it and for those before it."""
        if report.outcome in _SILENT:
            return Judgement(failed=frozenset({report.source}))
        return self._failed(report) if report.outcome in LOST else self._answered(report)

    def _answered(self, report: RunReport) -> Judgement:
        """Somebody was reached: who failed while this run lasted has to blame itself."""
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
