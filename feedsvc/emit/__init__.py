"""The one way from the archive to published feeds.

    stale? -> specs -> newest -> Item -> fragment (kept) -> document -> publish -> mark as emitted

choosing      which feeds to render, in which order, and which documents to withdraw
documents     what one feed publishes: closed pages and the subscription document
fragments     rendered entries, kept

Only what changed is rendered, an article in four feeds is read and rendered once for each format, and a document whose
bytes are the same is not written. No clock: one archive gives the same bytes at any time. Memory is bounded by the longest
feed, the kept fragments and a few bytes for each article, whatever the articles hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import feedsvc
from feedsvc.emit import selection
from feedsvc.emit.documents import Renderer, coded
from feedsvc.emit.fragments import Fragments
from feedsvc.emit.selection import paths_of
from feedsvc.errors import ConfigError, PluginError
from feedsvc.formats import FORMATS, opml
from feedsvc.formats.item import NEVER, head
from feedsvc.formats.site import Site
from feedsvc.model.layout import CATEGORY, CUSTOM, INDEX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from uuid import UUID

    from feedsvc.config import Config
    from feedsvc.formats.item import Head
    from feedsvc.model import FeedSpec
    from feedsvc.ports import FeedArticles, Outlet

    Progress = Callable[[int, int], None]  # feeds done, feeds to do


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitReport:
    """What one emission did; counts are documents (one feed in one format), `total` are feeds."""

    total: int = 0  # feeds that there are
    feeds: int = 0  # feeds that were rendered
    rendered: int = 0
    written: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    # Feeds that could not be rendered in some or all formats, and why: one sentence each.
    problems: tuple[str, ...] = ()


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
    publisher = ports.publisher
    before = ports.stale.change()  # first: what changes while we render is stale afterwards
    stale = ports.stale.stale_feeds()
    specs = feeds(ports.articles, config)
    site = _site(config, namespace, specs)
    published = frozenset(publisher.paths())
    chosen = selection.chosen(specs, {selection.ALL} if everything else stale, published, only)
    moved = ports.pages.pages_url() not in ("", site.url)
    renderer = Renderer(
        outlet=ports,
        site=site,
        fragments=Fragments(ports.articles, ports.spool, site),
        codings=config.feeds.compress,
        all_pages=everything or selection.ALL in stale,
        anew=moved,
    )
    with publisher.batch():
        tally = _render(selection.ordered(chosen), renderer, progress)
    doomed = () if only else sorted(selection.superfluous(published, specs, keep=INDEX))
    withdrawn = [path for path in doomed if publisher.withdraw(path)]
    if chosen or withdrawn or INDEX not in published:
        body = index(specs, site)
        publisher.publish(INDEX, body, coded(body, config.feeds.compress))
    if not only and not tally.failed:
        ports.pages.pages_published(site.url)
    ports.stale.emitted(selection.marked(stale, chosen, tally.failed.keys(), only), before)
    unknown = [f"no feed {path!r}: the feeds are listed in {INDEX}" for path in only if path not in paths_of(specs)]
    return EmitReport(
        total=len(specs),
        feeds=len(chosen) - len(tally.failed),
        rendered=tally.rendered,
        written=tally.written,
        unchanged=tally.rendered - tally.written,
        withdrawn=len(withdrawn),
        problems=(*unknown, *tally.failed.values()),
    )


def feeds(articles: FeedArticles, config: Config) -> tuple[FeedSpec, ...]:
    """Return every feed there is: those of the archive with the config's settings and titles, then the config's own."""
    settings = config.feeds
    paged = tuple(form for form in settings.formats if form in settings.archive_formats) or settings.formats[:1]
    found = (
        replace(
            spec,
            title=_title(spec, config.title),
            formats=settings.formats,
            page_formats=paged,
            entries=settings.entries,
            content=settings.content,
        )
        for spec in articles.feed_specs()
    )
    return (*found, *config.custom)


def index(specs: Iterable[FeedSpec], site: Site) -> bytes:
    """Return the OPML of all feeds: what stands alone first, then a group for each top category and one for sources."""
    groups: dict[str, list[tuple[Head, str]]] = {"": []}
    for spec in specs:
        if best := next((form for form in FORMATS if form in spec.formats), None):
            groups.setdefault(_group(spec), []).append((head(spec, site, NEVER), best))
    return opml.document(site.title, tuple(groups.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tally:
    rendered: int = 0
    written: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)  # path of a feed -> what is wrong with it


def _render(chosen: Sequence[FeedSpec], renderer: Renderer, progress: Progress | None) -> _Tally:
    """Render and publish each of `chosen`; one that fails is left as it was."""
    tally = _Tally()
    for done, spec in enumerate(chosen, start=1):
        tally = _published(spec, renderer, tally)
        if progress:
            progress(done, len(chosen))
    return tally


def _published(spec: FeedSpec, renderer: Renderer, tally: _Tally) -> _Tally:
    """Publish the feed `spec`, without a format of a plugin that raises; return `tally` with what came of it."""
    try:
        rendered, written = renderer.publish(spec)
    except PluginError as error:
        before = f"{tally.failed[spec.path]}; " if spec.path in tally.failed else ""
        what = f"{before}feed {spec.path!r} is left as it was in the format {error.member!r}: {error}"
        tally = replace(tally, failed={**tally.failed, spec.path: what})
        without = replace(
            spec,
            formats=tuple(form for form in spec.formats if form != error.member),
            page_formats=tuple(form for form in spec.page_formats if form != error.member) or spec.formats[:1],
        )
        return _published(without, renderer, tally) if without.formats else tally
    except ConfigError as error:
        return replace(tally, failed={**tally.failed, spec.path: f"feed {spec.path!r} is left as it was: {error}"})
    return replace(tally, rendered=tally.rendered + rendered, written=tally.written + written)


def _site(config: Config, namespace: UUID, specs: Iterable[FeedSpec]) -> Site:
    return Site(
        url=config.url,
        title=config.title,
        namespace=namespace,
        language=config.language,
        version=feedsvc.__version__,
        hub=config.feeds.hub,
        pages={spec.selection.category: spec.page for spec in specs if spec.path.startswith(CATEGORY)},
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
