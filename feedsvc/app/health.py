"""The health of each source, as `feedsvc status` and the status page show it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from feedsvc.app.subscriptions import expanded
from feedsvc.pace import State
from feedsvc.sources.http.urls import public_url

if TYPE_CHECKING:
    from datetime import datetime

    from feedsvc.config import Config
    from feedsvc.model import Source
    from feedsvc.store.archive import Archive

SHOWN_GAPS = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The health of one source. Times are UTC; None = never."""

    source: str
    kind: str
    due: datetime | None
    last_ok: datetime | None
    failures: int  # runs in a row that failed
    error: str
    quarantined: int  # documents
    late: bool  # due for longer than twice its interval
    interval: float | None = None  # seconds between two polls as planned last
    stopped: datetime | None = None  # when its publisher declared it gone for good (410 Gone)
    gaps: int = 0  # in the last 30 days
    moved_to: str = ""  # the URL that is read in place of the configured one, without secrets

    @property
    def healthy(self) -> bool:
        """Whether the source needs no attention."""
        return not (self.failures or self.late or self.stopped)

    @property
    def word(self) -> str:
        """The state in one word: "ok", "late", "stopped" or "failed 3x"."""
        if self.stopped:
            return "stopped"
        return "ok" if self.healthy else "late" if self.late else f"failed {self.failures}x"


def health_of(config: Config, archive: Archive, now: datetime) -> list[Health]:
    """Return the health of each source of `config` at `now` (UTC)."""
    states = archive.operations.states()
    quarantined = Counter(failure["source"] for failure in archive.operations.failures())
    gaps = Counter(gap["source"] for gap in archive.operations.gaps(now - SHOWN_GAPS))
    return [
        _health(
            source,
            states.get(source.name) or State(source=source.name),
            now,
            quarantined[source.name],
            gaps[source.name],
        )
        for source in expanded(config, archive).sources
    ]


def _health(source: Source, state: State, now: datetime, quarantined: int, gaps: int) -> Health:
    patience = timedelta(seconds=2 * (source.every or state.interval or 3600.0))
    return Health(
        source=source.name,
        kind=source.kind,
        due=None if state.stopped else state.due,
        last_ok=state.last_ok,
        failures=state.failures,
        error=state.error,
        quarantined=quarantined,
        late=state.due is not None and not state.stopped and now - state.due > patience,
        interval=state.interval,
        stopped=state.stopped,
        gaps=gaps,
        moved_to=public_url(state.address(source.location)) if source.remote else "",
    )
