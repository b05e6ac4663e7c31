"""The part of the archive that emission asks for, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.errors import ConfigError
from feedsvc.model import Entry, FeedSpec, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class MemoryStore:
    """Entries and the feeds that they made stale; `selected` lists the selections asked for, in order."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries: dict[int, Entry] = {}
        self.stale: dict[str, int] = {}
        self.changes = 0
        self.selected: list[Selection] = []
        self.on_select: Callable[[Selection], None] = lambda _selection: None
        self.put(*entries)

    def put(self, *entries: Entry) -> None:
        """Add or revise entries, as one commit."""
        self.changes += 1
        for entry in entries:
            self.entries[entry.id] = entry
            self.stale |= dict.fromkeys(
                ["all", f"source/{entry.source}", *map(_written, _shown_in(entry))], self.changes
            )

    def change(self) -> int:
        return self.changes

    def stale_feeds(self) -> frozenset[str]:
        return frozenset(self.stale)

    def emitted(self, paths: Iterable[str], before: int) -> None:
        for path in paths:
            if self.stale.get(path, before + 1) <= before:
                del self.stale[path]

    def feed_specs(self) -> Sequence[FeedSpec]:
        sources = {entry.source for entry in self.entries.values()}
        shown = {category for entry in self.entries.values() for category in _shown_in(entry)}
        return sorted(
            [
                FeedSpec(path="all", title="everything"),
                *(FeedSpec(path=_written(path), title="", selection=Selection(category=path)) for path in shown),
                *(FeedSpec(path=f"source/{name}", title="", selection=Selection(source=name)) for name in sources),
            ],
            key=lambda spec: spec.path,
        )

    def select(self, selection: Selection, limit: int) -> Sequence[Entry]:
        self.selected.append(selection)
        self.on_select(selection)
        if selection.sql:
            raise ConfigError(f"feed: no such table in {selection.sql!r}")
        found = [entry for entry in self.entries.values() if _fits(entry, selection)]
        return sorted(found, key=lambda entry: (-entry.sort_date.timestamp(), entry.uuid))[:limit]


def _shown_in(entry: Entry) -> set[tuple[str, ...]]:
    return {path[: length + 1] for path in entry.categories for length in range(len(path))}


def _written(path: tuple[str, ...]) -> str:
    return "/".join(("category", *path))


def _fits(entry: Entry, selection: Selection) -> bool:
    return (
        (not selection.category or selection.category in _shown_in(entry))
        and selection.source in ("", entry.source)
        and selection.search in entry.title
    )
