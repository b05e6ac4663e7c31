"""The archive in memory, held to the same contract as the real one (`store/test_contract.py`)."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID, uuid5

from feedsvc.errors import ConfigError
from feedsvc.model import Entry, FeedSpec, Key, Known, Member, Members, Selection, Tombstone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from contextlib import AbstractContextManager
    from datetime import datetime

    from feedsvc.model import Article, Batch, CategoryPath, Digested, Failure, RunReport, Skip, Verdict
    from feedsvc.ports import Fetch, IngestStore

T = TypeVar("T")

NAMESPACE = UUID("0d2a6a4e-6a0e-4c1c-9d0c-3f1f0a1b2c3d")
TEXT_HEAD = 2000  # characters of a text by which likeness is judged


@dataclass(slots=True)
class Held:
    """What is known of an article beside what feeds show of it."""

    article: Article
    keys: set[Key] = field(default_factory=set)


class InOrder:
    """A store whose work is done at once: there is one thread. Implements `feedsvc.ports.OwnedStore`."""

    def __init__(self, store: IngestStore) -> None:
        self.store = store

    async def run(self, work: Callable[[IngestStore], T]) -> T:
        return work(self.store)


class MemoryStore:
    """Entries and the feeds that they made stale; `selected` lists the selections asked for, in order."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries: dict[int, Entry] = {}
        self.held: dict[int, Held] = {}
        self.documents: dict[tuple[str, str], str] = {}  # (source, locator) -> fingerprint, of what is not gone
        self.runs: list[tuple[RunReport, Sequence[Fetch]]] = []
        self.stale: dict[str, int] = {}
        self.paths: set[CategoryPath] = set()  # every category that ever held something: its feed stays
        self.marks: dict[tuple[str, str], dict[str, int]] = {}  # (source, locator) -> mark -> article
        self.held_by: dict[tuple[str, str], set[int]] = {}  # (source, locator) -> articles that a feed showed last
        self.changes = 0
        self.spoken: dict[str, list[int]] = {}  # path of a feed -> its members, in the order they came
        self.pages: dict[str, list[int]] = {}  # path of a feed -> ends of its closed pages
        self.stones: dict[int, Tombstone] = {}  # by the article that was withdrawn
        self.url = ""
        self.selected: list[Selection] = []
        self.on_select: Callable[[Selection], None] = lambda _selection: None
        if entries := tuple(entries):
            self.put(*entries)

    def put(self, *entries: Entry) -> None:
        """Add or revise entries, as one commit."""
        self.changes += 1
        for entry in entries:
            before = self.entries.get(entry.id, entry)
            self.entries[entry.id] = entry
            shown = _shown_in(before) | _shown_in(entry)
            self.paths |= shown
            if entry != before or entry.revision == 1:
                self._speak(entry)
            self.stale |= dict.fromkeys(["all", f"source/{entry.source}", *map(_written, shown)], self.changes)

    def _speak(self, entry: Entry) -> None:
        for path in ("all", f"source/{entry.source}", *sorted(map(_written, _shown_in(entry)))):
            said = self.spoken.setdefault(path, [])
            if entry.id not in said[self._closed(path) :]:
                said.append(entry.id)

    def _closed(self, path: str) -> int:
        return max(self.pages.get(path, [0]), default=0)

    # ---------------------------------------------------------------- what ingest asks

    def fingerprints(self, source: str) -> dict[str, str]:
        return {locator: mark for (owner, locator), mark in self.documents.items() if owner == source}

    def known(self, source: str, articles: Sequence[Article], missing: AbstractSet[str]) -> Sequence[Known]:
        keys = {key for article in articles for key in article.keys}
        files = {article.locator for article in articles if any(key.kind == "path" for key in article.keys)}
        texts = {article.text_digest for article in articles} - {""}
        return [
            self._known(number, missing)
            for number, held in sorted(self.held.items())
            if held.article.source == source
            and (
                held.keys & keys
                or held.article.locator in files
                or (held.article.text_digest in texts and self._absent(held, missing))
            )
        ]

    def windows(self, source: str, locators: AbstractSet[str]) -> Mapping[str, AbstractSet[int]]:
        return {locator: self.held_by[source, locator] for locator in locators if (source, locator) in self.held_by}

    def settled(self, source: str, locators: AbstractSet[str]) -> Mapping[str, Mapping[str, int]]:
        return {
            locator: {
                mark: number
                for mark, number in self.marks.get((source, locator), {}).items()
                if self.held[number].article.locator == locator
            }
            for locator in locators
            if self.marks.get((source, locator))
        }

    def commit(self, batch: Batch) -> None:
        if any(verdict.known is None and verdict.native is None for verdict in batch.verdicts):
            raise ValueError("an added article needs the key that its id is minted from")
        taken = [self._take(verdict, batch) for verdict in batch.verdicts]
        if changed := [entry for _, entry in taken if entry]:
            self.put(*changed)
        for document in batch.documents:
            if document.head:
                articles = [
                    (number, verdict.article.mark)
                    for verdict, (number, _) in zip(batch.verdicts, taken, strict=True)
                    if verdict.article.locator == document.locator
                ]
                place = batch.source.name, document.locator
                self.marks[place] = {**document.settled, **{mark: number for number, mark in articles if mark}}
                held = {*document.settled.values(), *(number for number, _ in articles)}
                if held:  # what shows no entry says nothing about its window
                    self.held_by[batch.source.name, document.locator] = held
        read: Iterable[Digested | Failure | Skip] = (*batch.documents, *batch.failures, *batch.skips)
        self.documents |= {(batch.source.name, each.locator): each.fingerprint for each in read}
        for locator in batch.gone:
            self.documents.pop((batch.source.name, locator), None)

    def record_run(self, report: RunReport, fetches: Sequence[Fetch]) -> None:
        self.runs.append((report, fetches))

    def _absent(self, held: Held, missing: AbstractSet[str]) -> bool:
        place = (held.article.source, held.article.locator)
        return place not in self.documents or held.article.locator in missing

    def _known(self, number: int, missing: AbstractSet[str]) -> Known:
        held, entry = self.held[number], self.entries[number]
        found = held.article
        return Known(
            id=number,
            uuid=entry.uuid,
            source=entry.source,
            locator=found.locator,
            keys=frozenset(held.keys),
            title_key=found.title_key,
            digest=found.digest,
            text_digest=found.text_digest,
            text_head=found.text[:TEXT_HEAD],
            published=found.published,
            published_from=found.published_from,
            published_raw=found.published_raw,
            url=found.url,
            updated=entry.updated,
            revision=entry.revision,
            absent=self._absent(held, missing),
        )

    def _take(self, verdict: Verdict, batch: Batch) -> tuple[int, Entry | None]:
        """Keep what `verdict` says; return the article's number, and its entry when feeds show something else now."""
        number, entry = self._added(verdict, batch) if verdict.known is None else self._again(verdict, batch)
        self.held[number].keys.update(verdict.new_keys)
        return number, entry

    def _added(self, verdict: Verdict, batch: Batch) -> tuple[int, Entry | None]:
        found, native = verdict.article, verdict.native
        uuid = uuid5(NAMESPACE, f"{found.source}\0{native.kind}\0{native.value}") if native else NAMESPACE
        number = next((n for n, entry in self.entries.items() if entry.uuid == str(uuid)), 0)
        if number:
            return number, None
        number = len(self.entries) + 1
        taken = found.iri in {entry.uid for entry in self.entries.values()}
        self.held[number] = Held(found)
        self.entries[number] = _entry(found, batch, number, uuid, found.iri if found.iri and not taken else uuid.urn)
        return number, self.entries[number]

    def _again(self, verdict: Verdict, batch: Batch) -> tuple[int, Entry | None]:
        known, found = verdict.known, verdict.article
        assert known is not None
        held, entry = self.held[known.id], self.entries[known.id]
        if verdict.what == "revised" and entry.revision == known.revision:
            held.article = found
            fresh = _entry(found, batch, known.id, UUID(entry.uuid), entry.uid)
            said = found.modified if found.modified and known.updated < found.modified <= batch.at else batch.at
            updated = said if batch.announce else entry.updated
            return known.id, replace(
                fresh, revision=entry.revision + 1, first_seen=entry.first_seen, updated=_whole(updated)
            )
        if verdict.what == "moved":
            held.article = replace(held.article, locator=found.locator)
        if verdict.what == "revised" or not verdict.dated or entry.published == found.published:
            return known.id, None
        held.article = replace(
            held.article,
            published=found.published,
            published_from=found.published_from,
            published_raw=found.published_raw,
        )
        return known.id, replace(entry, published=found.published)

    # ---------------------------------------------------------------- what emission asks

    def snapshot(self) -> AbstractContextManager[None]:
        return nullcontext()

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
        return sorted(
            [
                FeedSpec(path="all", title="everything"),
                *(FeedSpec(path=_written(path), title="", selection=Selection(category=path)) for path in self.paths),
                *(FeedSpec(path=f"source/{name}", title="", selection=Selection(source=name)) for name in sources),
            ],
            key=lambda spec: spec.path,
        )

    def newest(self, selection: Selection, limit: int, since: tuple[str, int] | None = None) -> Sequence[Member]:
        self.selected.append(selection)
        self.on_select(selection)
        if selection.sql:
            raise ConfigError(f"feed: no such table in {selection.sql!r}")
        found = [entry for entry in self.entries.values() if _fits(entry, selection)]
        path, page = since or ("", 0)
        came = self.spoken.get(path, [])[[0, *self.pages.get(path, [])][page] :]
        chosen = {*(each.id for each in self._in_order(found)[:limit]), *came}
        return [
            Member(each.id, each.revision)
            for each in self._in_order(self.entries[number] for number in chosen & self.entries.keys())
        ]

    def entries_of(self, articles: Iterable[int]) -> Sequence[Entry]:
        return [self.entries[each] for each in articles if each not in self.stones]

    def _in_order(self, entries: Iterable[Entry]) -> list[Entry]:
        found = [entry for entry in entries if entry.id not in self.stones]
        return sorted(found, key=lambda entry: (-int(entry.sort_date.timestamp()), entry.uuid))

    def close_pages(self, path: str, size: int) -> int:
        ends = self.pages.setdefault(path, [])
        if len(ends) == 1 and ends[0] > size:  # a page that is alone was never published
            ends.clear()
        ends += range(self._closed(path) + size, len(self.spoken.get(path, [])) + 1, size)
        return len(ends)

    def members(self, path: str, page: int) -> Members:
        ends = [0, *self.pages.get(path, [])]
        said = self.spoken.get(path, [])
        found = said[ends[page - 1] : ends[page]] if page else said[ends[-1] :]
        shown = [self.entries[each] for each in reversed(found) if each in self.entries.keys() - self.stones.keys()]
        return Members(
            articles=tuple(Member(entry.id, entry.revision) for entry in shown),
            tombstones=tuple(self.stones[each] for each in reversed(found) if each in self.stones),
        )

    def tombstones(self, path: str, limit: int) -> Sequence[Tombstone]:
        found = [stone for each, stone in self.stones.items() if each in self.spoken.get(path, [])]
        return sorted(found, key=lambda stone: stone.when, reverse=True)[:limit]

    def pages_url(self) -> str:
        return self.url

    def pages_published(self, url: str) -> None:
        self.url = url


def _entry(found: Article, batch: Batch, number: int, uuid: UUID, uid: str) -> Entry:
    source = batch.source
    return Entry(
        id=number,
        uid=uid,
        uuid=str(uuid),
        revision=1,
        source=source.name,
        source_title=source.title or source.name,
        source_url=source.base_url,
        url=found.url,
        title=found.title,
        summary=found.summary,
        content=found.content,
        people=found.people,
        publisher=found.publisher,
        language=found.language,
        image=found.image,
        enclosures=found.enclosures,
        categories=tuple(sorted(found.categories)),
        tags=found.tags,
        published=_whole(found.published) if found.published else None,
        first_seen=_whole(batch.at),
        updated=_whole(min(found.modified or found.published or batch.at, batch.at)),
    )


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _shown_in(entry: Entry) -> set[tuple[str, ...]]:
    return {path[: length + 1] for path in entry.categories for length in range(len(path))}


def _written(path: tuple[str, ...]) -> str:
    return "/".join(("category", *path))


def _fits(entry: Entry, selection: Selection) -> bool:
    return (
        (not selection.category or selection.category in _shown_in(entry))
        and selection.source in ("", entry.source)
        and selection.language in ("", entry.language)
        and selection.author in ("", *(person.name for person in entry.people))
        and selection.search in entry.title
    )
