"""The documents of one feed: closed pages, each written once, and the subscription document in front of them (RFC 5005 §4).

    archive/1 <- archive/2 <- ... <- archive/n <- subscription document

A page that is published is never written again: the file is the truth, and holds its entries as they were when it was
closed. It is written once and read rarely, so it is stored compressed and nothing else. The subscription document has the
newest entries, all that no closed page says yet (at most one page less one, and the first page until there is a second),
and what was withdrawn last, so that it and the pages together are the whole feed at any time; it is stored as it is, and
in the codings that the config names beside.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from feedsvc.emit.fragments import newest
from feedsvc.formats import FORMATS
from feedsvc.formats.codings import CODINGS, PAGES
from feedsvc.formats.item import NEVER, Chain, head
from feedsvc.model import layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from feedsvc.emit.fragments import Fragments
    from feedsvc.formats.site import Site
    from feedsvc.model import FeedSpec
    from feedsvc.ports import Outlet

TOMBSTONES: Final = 50  # in a subscription document


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """Renders and publishes documents of `site`."""

    outlet: Outlet
    site: Site
    fragments: Fragments
    codings: Sequence[str] = ()  # of `CODINGS`, in which subscription documents are stored too
    all_pages: bool = False  # look at every closed page, not only those since the last one that is published
    anew: bool = False  # write closed pages again: the site has another address, so that they are other documents

    def publish(self, spec: FeedSpec) -> tuple[int, int]:
        """Publish the feed `spec`; return how many documents were rendered, and how many of them written.

        Raises:
            ConfigError: the selection fails, or the path cannot be a file; what was published stays.
        """
        paged = not spec.path.startswith(layout.CUSTOM)
        closed = self.outlet.pages.close_pages(spec.path, spec.entries) if paged else 0
        if closed == 1:  # a page without neighbours is no page (RFC 5005 §4): the first is published with the second
            closed = 0
        # an article that is withdrawn meanwhile must not be an entry and a tombstone of one document
        with self.outlet.articles.snapshot():
            written = list(self._documents(spec, closed, paged=paged))
        return len(written), sum(written)

    def _documents(self, spec: FeedSpec, closed: int, *, paged: bool) -> Iterator[bool]:
        """Publish the closed pages that lack, then the subscription document; yield for each whether it was written."""
        since = (spec.path, closed) if paged else None
        marks = self.outlet.articles.newest(spec.selection, spec.entries, since)
        entries = self.fragments.plain(marks, spec.formats, full=spec.content == "full")  # pages take some of these
        for number in self._missing(spec, closed):
            yield from self._page(spec, number, closed)
        stones = tuple(self.outlet.pages.tombstones(spec.path, TOMBSTONES)) if paged else ()
        updated = max([NEVER, *(entry.updated for entry in entries), *(stone.when for stone in stones)])
        top = head(spec, self.site, updated, Chain(previous=closed), stones)
        for form in spec.formats:
            body = FORMATS[form].document(top, [entry.forms[form] for entry in entries])
            yield self.outlet.publisher.publish(layout.document(spec.path, form), body, coded(body, self.codings))

    def _missing(self, spec: FeedSpec, closed: int) -> Iterator[int]:
        """Yield closed pages to publish, oldest first, so that none links to one that is not there."""
        if self.anew or self.all_pages:
            yield from range(1, closed + 1)
            return
        last = closed
        while last and self._formats_without(spec, last):
            last -= 1
        yield from range(last + 1, closed + 1)

    def _formats_without(self, spec: FeedSpec, number: int) -> list[str]:
        """Return the formats in which a closed page is not published."""
        has = self.outlet.publisher.has
        return [form for form in spec.page_formats if self.anew or not has(_page_path(spec, number, form))]

    def _page(self, spec: FeedSpec, number: int, closed: int) -> Iterator[bool]:
        """Publish a closed page in the formats that lack; yield for each whether it was written."""
        if forms := self._formats_without(spec, number):
            content = self.outlet.pages.members(spec.path, number)
            chain = Chain(page=number, previous=number - 1, following=number + 1 if number < closed else 0)
            for form in forms:
                entries = self.fragments.paged(content.articles, form, full=spec.content == "full")
                updated = max([NEVER, newest(entries), *(stone.when for stone in content.tombstones)])
                top = head(spec, self.site, updated, chain, content.tombstones)
                body = FORMATS[form].document(top, [entry.body for entry in entries])
                yield self.outlet.publisher.publish(_page_path(spec, number, form), PAGES.encode(body))


def coded(body: bytes, codings: Sequence[str]) -> dict[str, Callable[[], bytes]]:
    """Return what makes `body` in each of `codings`, by the suffix of its file."""
    return {CODINGS[name].suffix: partial(CODINGS[name].encode, body) for name in codings}


def _page_path(spec: FeedSpec, number: int, form: str) -> str:
    return layout.document(layout.page(spec.path, number), form) + PAGES.suffix
