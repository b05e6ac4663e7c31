"""The one way from the archive to published feeds.

    stale? -> specs -> select -> Item -> fragment (kept) -> document -> publish -> mark as emitted

Only what changed is rendered, an article in four feeds is rendered once for each format, and a document whose bytes are
the same is not written. No clock: one archive gives the same bytes at any time. Memory is bounded by the longest feed
and the kept fragments, whatever the size of the archive.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import feedsvc
from feedsvc.errors import ConfigError
from feedsvc.formats import FORMATS, opml
from feedsvc.formats.item import head, item, newest
from feedsvc.formats.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from uuid import UUID

    from feedsvc.config import Config
    from feedsvc.formats.item import Head
    from feedsvc.model import Entry, FeedSpec
    from feedsvc.ports import Outlet, Publisher, Store

    Progress = Callable[[int, int], None]  # feeds done, feeds to do

ALL: Final = "*"  # in `Store.stale_feeds`: every feed
CATEGORY: Final = "category/"  # paths of categories' feeds begin so
CUSTOM: Final = "custom/"  # paths of the config's own feeds begin so
INDEX: Final = "index.opml"
KEPT_BYTES: Final = 32 << 20  # of rendered fragments


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitReport:
    """What one emission did; counts are documents (one feed in one format), `total` are feeds."""

    total: int = 0  # feeds that there are
    feeds: int = 0  # feeds that were rendered
    rendered: int = 0
    written: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    problems: tuple[str, ...] = ()  # feeds that could not be rendered, and why: one sentence each


def emit(
    ports: Outlet,
    config: Config,
    namespace: UUID,
    *,
    everything: bool = False,
    only: Sequence[str] = (),
    progress: Progress | None = None,
) -> EmitReport:
    """Render and publish the feeds that changed: all of them when `everything`, those at the paths `only` if given.

    A feed whose selection or name fails is a problem of the report and keeps its last documents; the others go on.
    Feeds of the config that are no longer configured, and formats no longer wanted, are withdrawn; a category's feed
    stays for ever.
    A crash leaves every document whole, and what was not marked is rendered again.

    Raises:
        ArchiveError: the archive cannot be read, or the feeds cannot be written.
    """
    store, publisher = ports.store, ports.publisher
    before = store.change()  # first: what changes while we render is stale afterwards
    stale = store.stale_feeds()
    specs = feeds(store, config)
    pages = {spec.selection.category: spec.page for spec in specs if spec.path.startswith(CATEGORY)}
    site = replace(_site(config, namespace), pages=pages)
    published = frozenset(publisher.paths())
    chosen = _chosen(specs, {ALL} if everything else stale, published, only)
    unknown = [f"no feed {path!r}: the feeds are listed in {INDEX}" for path in only if path not in _paths(specs)]
    tally = _render(chosen, ports, site, progress)
    withdrawn = [path for path in sorted(_superfluous(published, specs)) if not only and publisher.withdraw(path)]
    if chosen or withdrawn or INDEX not in published:
        publisher.publish(INDEX, index(specs, site))
    store.emitted(_marked(stale, chosen, tally.failed.keys(), only), before)
    return EmitReport(
        total=len(specs),
        feeds=len(chosen) - len(tally.failed),
        rendered=tally.written + tally.unchanged,
        written=tally.written,
        unchanged=tally.unchanged,
        withdrawn=len(withdrawn),
        problems=(*unknown, *tally.failed.values()),
    )


def feeds(store: Store, config: Config) -> tuple[FeedSpec, ...]:
    """Return every feed there is: those of the archive with the config's settings and titles, then the config's own."""
    settings = config.feeds
    found = (
        replace(
            spec,
            title=_title(spec, config.title),
            formats=settings.formats,
            entries=settings.entries,
            content=settings.content,
        )
        for spec in store.feed_specs()
    )
    return (*found, *config.custom)


def index(specs: Iterable[FeedSpec], site: Site) -> bytes:
    """Return the OPML of all feeds: what stands alone first, then a group for each top category and one for sources."""
    groups: dict[str, list[tuple[Head, str]]] = {"": []}
    for spec in specs:
        if best := next((form for form in FORMATS if form in spec.formats), None):
            groups.setdefault(_group(spec), []).append((head(spec, site, newest(())), best))
    return opml.document(site.title, tuple(groups.items()))


class Fragments:
    """Rendered entries of one emission, the least recently used forgotten first."""

    def __init__(self, site: Site, limit: int = KEPT_BYTES) -> None:
        self._site = site
        self._limit = limit  # bytes
        self._size = 0
        self._kept: OrderedDict[tuple[int, int, bool, str], bytes] = OrderedDict()

    def of(self, entry: Entry, forms: Sequence[str], *, full: bool) -> dict[str, bytes]:
        """Return `entry` in each of `forms`."""
        keys = {form: (entry.id, entry.revision, full, form) for form in forms}
        found = {form: self._kept[key] for form, key in keys.items() if key in self._kept}
        for form in found:
            self._kept.move_to_end(keys[form])
        if len(found) < len(keys):
            rendered = item(entry, self._site, full=full)
            for form in keys.keys() - found.keys():
                found[form] = self._keep(keys[form], FORMATS[form].entry(rendered))
        return found

    def _keep(self, key: tuple[int, int, bool, str], fragment: bytes) -> bytes:
        self._kept[key] = fragment
        self._size += len(fragment)
        while self._size > self._limit:
            _key, oldest = self._kept.popitem(last=False)
            self._size -= len(oldest)
        return fragment


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tally:
    written: int = 0
    unchanged: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)  # path of a feed -> what is wrong with it


def _render(chosen: Sequence[FeedSpec], ports: Outlet, site: Site, progress: Progress | None) -> _Tally:
    """Render and publish each of `chosen`; one that fails is left as it was."""
    fragments, tally = Fragments(site), _Tally()
    for done, spec in enumerate(chosen, start=1):
        try:
            entries = ports.store.select(spec.selection, spec.entries)
            written = _publish(spec, entries, fragments, site, ports.publisher)
        except ConfigError as error:
            tally = replace(tally, failed={**tally.failed, spec.path: f"feed {spec.path!r} is left as it was: {error}"})
        else:
            unchanged = len(spec.formats) - written
            tally = replace(tally, written=tally.written + written, unchanged=tally.unchanged + unchanged)
        if progress:
            progress(done, len(chosen))
    return tally


def _publish(spec: FeedSpec, entries: Sequence[Entry], fragments: Fragments, site: Site, publisher: Publisher) -> int:
    """Publish the documents of one feed; return how many were written."""
    rendered = [fragments.of(entry, spec.formats, full=spec.content == "full") for entry in entries]
    top = head(spec, site, newest(entries))
    return sum(
        publisher.publish(f"{spec.path}.{form}", FORMATS[form].document(top, [each[form] for each in rendered]))
        for form in spec.formats
    )


def _chosen(
    specs: Sequence[FeedSpec], stale: AbstractSet[str], published: AbstractSet[str], only: Sequence[str]
) -> list[FeedSpec]:
    """Return the feeds to render: what is asked for, else what is stale or has a document missing.

    What a feed of the config selects cannot be told from what changed: it is rendered whenever anything is.
    """
    if only:
        return [spec for spec in specs if spec.path in only]
    return [
        spec
        for spec in specs
        if ALL in stale
        or spec.path in stale
        or (stale and spec.path.startswith(CUSTOM))
        or _documents(spec) - published
    ]


def _marked(
    stale: AbstractSet[str], chosen: Iterable[FeedSpec], failed: AbstractSet[str], only: Sequence[str]
) -> list[str]:
    """Return what to mark as emitted: with `only`, nothing but those; else also paths that are no feeds any more."""
    done = stale & _paths(chosen) if only else stale
    return sorted(done - failed)


def _superfluous(published: AbstractSet[str], specs: Iterable[FeedSpec]) -> set[str]:
    """Return published documents to withdraw: formats no longer wanted, and feeds no longer in the config."""
    wanted = {path: spec for spec in specs for path in _documents(spec)}
    known = _paths(wanted.values())
    return {
        path
        for path in published - wanted.keys() - {INDEX}
        if path.rpartition(".")[0] in known or path.startswith(CUSTOM)
    }


def _documents(spec: FeedSpec) -> set[str]:
    return {f"{spec.path}.{form}" for form in spec.formats}


def _paths(specs: Iterable[FeedSpec]) -> set[str]:
    return {spec.path for spec in specs}


def _site(config: Config, namespace: UUID) -> Site:
    return Site(
        url=config.url,
        title=config.title,
        namespace=namespace,
        language=config.language,
        version=feedsvc.__version__,
    )


def _title(spec: FeedSpec, site_title: str) -> str:
    """Name a feed after its slice of the archive and the site; the feed of everything after the site alone."""
    if spec.selection.category:
        return f"{' / '.join(spec.selection.category)} – {site_title}"
    if spec.selection.source:
        return f"{spec.title or spec.selection.source} – {site_title}"
    return site_title


def _group(spec: FeedSpec) -> str:
    if spec.path.startswith(CUSTOM):
        return ""
    if spec.selection.category:
        return spec.selection.category[0]
    return "Sources" if spec.selection.source else ""
