"""How the sources are: what `feedsvc status` and the status page show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from feedsvc.store import instants

if TYPE_CHECKING:
    from datetime import datetime

    from feedsvc.config import Config
    from feedsvc.store.archive import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How one source is: times are UTC, None = never."""

    source: str
    kind: str
    due: datetime | None
    last_ok: datetime | None
    failures: int  # runs in a row that failed
    error: str
    quarantined: int  # documents
    late: bool  # due for longer than twice its interval

    @property
    def healthy(self) -> bool:
        """Whether nobody needs to look at it."""
        return not self.failures and not self.late


def health_of(config: Config, archive: Archive, now: datetime) -> list[Health]:
    """Return how each source of `config` is at `now`."""
    states = archive.operations.states()
    quarantined: dict[str, int] = {}
    for failure in archive.operations.failures():
        quarantined[failure["source"]] = quarantined.get(failure["source"], 0) + 1
    found = []
    for source in config.sources:
        state = states.get(source.name, {})
        due = instants.read_or_none(state.get("due"))
        patience = timedelta(seconds=2 * (source.every or 3600.0))
        found.append(
            Health(
                source=source.name,
                kind=source.kind,
                due=due,
                last_ok=instants.read_or_none(state.get("last_ok")),
                failures=int(state.get("failures", 0)),
                error=str(state.get("error", "")),
                quarantined=quarantined.get(source.name, 0),
                late=due is not None and now - due > patience,
            )
        )
    return found
