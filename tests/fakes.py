"""The small seams in memory: a clock that is set by hand, and a reader of documents that stand in a dictionary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from feedsvc.model import Failure, RawDocument, Skip
from feedsvc.ports import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from feedsvc.errors import SourceError
    from feedsvc.model import Source

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


class HandClock:
    """A clock that stands still until somebody moves it."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **much: float) -> datetime:
        """Let `timedelta(**much)` pass; return the time that it is then."""
        self.at += timedelta(**much)
        return self.at


class MemoryReader:
    """Documents by locator: bytes, or what a reader says of a document that gives none. The bytes are the fingerprint."""

    def __init__(self, **documents: str | Failure | Skip) -> None:
        self.documents: dict[str, str | Failure | Skip] = dict(documents)
        self.error: SourceError | None = None

    async def read(self, source: Source, known: Mapping[str, str], now: datetime) -> Reading:
        if self.error:
            raise self.error
        return Reading(documents=self._changed(source, known, now), present=set(self.documents))

    def _changed(
        self, source: Source, known: Mapping[str, str], now: datetime
    ) -> Iterator[RawDocument | Failure | Skip]:
        for locator, held in sorted(self.documents.items()):
            if not isinstance(held, str):
                yield held
            elif known.get(locator) != held:
                yield RawDocument(
                    source=source.name,
                    locator=locator,
                    media_type="text/markdown",
                    body=held.encode(),
                    fingerprint=held,
                    fetched_at=now,
                )
