"""The documents of one feed: closed pages, each written once, and the subscription document in front of them (RFC 5005 §4).

    archive/1 <- archive/2 <- ... <- archive/n <- subscription document

A page that is published is never written again: the file is the truth, and holds its entries as they were when it was
closed. The subscription document has the newest entries, all that no closed page says yet (at most one page less one, and the first
page until there is a second),
and what was withdrawn last, so that it and the pages together are the whole feed at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from feedsvc.formats import FORMATS
from feedsvc.formats.item import Chain, head, newest
from feedsvc.model import Members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from feedsvc.emit.fragments import Fragments
    from feedsvc.formats.site import Site
    from feedsvc.model import Entry, FeedSpec
    from feedsvc.ports import Outlet

ARCHIVE: Final = "archive"  # the folder of a feed's pages; no category has it for a slug
CUSTOM: Final = (
    "custom/"  # paths of the config's own feeds begin so; what they select may change, so they have no pages
)
TOMBSTONES: Final = 50  # in a subscription document


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """Renders and publishes documents of `site`."""

    outlet: Outlet
    site: Site
    fragments: Fragments
    all_pages: bool = False  # look at every closed page, not only those since the last one that is published
    anew: bool = False  # write closed pages again: the site has another address, so that they are other documents

    def publish(self, spec: FeedSpec) -> tuple[int, int]:
        """Publish the feed `spec`; return how many documents were rendered, and how many of them written.

        Raises:
            ConfigError: the selection fails, or the path cannot be a file; what was published stays.
        """
        closed, opened = 0, Members()
        written: list[bool] = []
        if not spec.path.startswith(CUSTOM):
            store = self.outlet.store
            closed = store.close_pages(spec.path, spec.entries)
            waiting = store.members(spec.path, 0).entries
            if (
                closed == 1
            ):  # a page without neighbours is no page (RFC 5005 §4): the first is published with the second
                closed, waiting = 0, (*waiting, *store.members(spec.path, 1).entries)
            written += [done for number in self._missing(spec, closed) for done in self._page(spec, number, closed)]
            opened = Members(entries=waiting, tombstones=tuple(store.tombstones(spec.path, TOMBSTONES)))
        chosen = self.outlet.store.select(spec.selection, spec.entries)
        content = Members(entries=_merged(chosen, opened.entries), tombstones=opened.tombstones)
        written += self._document(spec, spec.formats, content, Chain(previous=closed))
        return len(written), sum(written)

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
        return [form for form in spec.formats if self.anew or not has(f"{_page_path(spec, number)}.{form}")]

    def _page(self, spec: FeedSpec, number: int, closed: int) -> list[bool]:
        forms = self._formats_without(spec, number)
        if not forms:
            return []
        chain = Chain(page=number, previous=number - 1, following=number + 1 if number < closed else 0)
        return self._document(spec, forms, self.outlet.store.members(spec.path, number), chain)

    def _document(self, spec: FeedSpec, forms: Sequence[str], content: Members, chain: Chain) -> list[bool]:
        """Publish one document in `forms`; return for each whether it was written."""
        rendered = [self.fragments.of(entry, forms, full=spec.content == "full") for entry in content.entries]
        updated = max([newest(content.entries), *(stone.when for stone in content.tombstones)])
        top = head(spec, self.site, updated, chain, content.tombstones)
        path = _page_path(spec, chain.page) if chain.page else spec.path
        return [
            self.outlet.publisher.publish(
                f"{path}.{form}", FORMATS[form].document(top, [each[form] for each in rendered])
            )
            for form in forms
        ]


def _page_path(spec: FeedSpec, number: int) -> str:
    return f"{spec.path}/{ARCHIVE}/{number}"


def _merged(chosen: Iterable[Entry], opened: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return all of them, each once, in the order of `Store.select`."""
    entries = {entry.id: entry for entry in (*chosen, *opened)}
    return tuple(sorted(entries.values(), key=lambda entry: (-int(entry.sort_date.timestamp()), entry.uuid)))
