"""The addresses of what we serve: one function for each kind of page. Pure.

Paths of categories stay readable: each name is percent-encoded by itself, the "/" between them is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from markupsafe import Markup

from feedsvc.model import layout
from feedsvc.model.catalog import FORMATS, USUAL_FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """One feed as a page offers it."""

    href: str
    label: str  # "Atom"
    media_type: str  # without charset, as `<link type>` wants it
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Makes addresses below `base`, in the formats that the feeds are written in."""

    base: str = "/"  # always ends in "/"
    database: str = "archive"
    formats: tuple[str, ...] = USUAL_FORMATS

    def to(self, path: str, **query: object) -> str:
        """Return the address of `path`, which is not encoded yet; empty values of `query` are left out."""
        asked = urlencode({key: value for key, value in query.items() if value not in ("", None)})
        return self.base + _encoded(path) + (f"?{asked}" if asked else "")

    def article(self, uuid: str, **query: object) -> str:
        """Return the page of an article."""
        return self.to(f"articles/{uuid}", **query)

    def category(self, path: str, **query: object) -> str:
        """Return the page of a category."""
        return self.to(layout.category(path), **query)

    def source(self, name: str, **query: object) -> str:
        """Return the page of a source."""
        return self.to(layout.source(name), **query)

    def search(self, **query: object) -> str:
        """Return the search page, asked for something."""
        return self.to("search", **query)

    def table(self, name: str, **query: object) -> str:
        """Return Datasette's page of a table or canned query."""
        return self.to(f"{self.database}/{name}", **query)

    def anchor(self, href: str, text: str) -> Markup:
        """Return a link as HTML."""
        return Markup('<a href="{}">{}</a>').format(href, text)

    def anchors(self, feeds: Iterable[FeedLink]) -> Markup:
        """Return links to `feeds` as HTML."""
        found = "".join(
            f'<a href="{escape(each.href)}" type="{escape(each.media_type)}" title="{escape(each.title)}">{escape(each.label)}</a>'
            for each in feeds
        )
        return Markup(f'<span class="feeds">{found}</span>')  # noqa: S704 - each value is escaped above

    def feeds(self, path: str, title: str) -> tuple[FeedLink, ...]:
        """Return the feeds at `path` ("all", "category/金融"), one for each format."""
        return tuple(self._feed(path, title, extension) for extension in self.formats)

    def feed(self, path: str, title: str) -> tuple[FeedLink, ...]:
        """Return the feed at `path` in the first of the formats, where there is room for one."""
        return (self._feed(path, title, self.formats[0]),)

    def _feed(self, path: str, title: str, extension: str) -> FeedLink:
        facts = FORMATS[extension]
        return FeedLink(
            href=self.base + document_address(_encoded(path), extension),
            label=facts.label,
            media_type=facts.media_type,
            title=f"{title} ({facts.label})",
        )


def document_address(path: str, extension: str) -> str:
    """Return the address of a feed's document below the base, encoded where `path` is."""
    return f"{layout.FEEDS}/{layout.document(path, extension)}"


_KEPT = 512  # characters of a path that is kept once it is encoded: a visitor may ask for one of any length


def _encoded(path: str) -> str:
    """Return `path` percent-encoded: a page of many categories asks for the same few hundred again and again."""
    return _kept(path) if len(path) <= _KEPT else _quoted(path)


def _quoted(path: str) -> str:
    return quote(path.lstrip("/"), safe="/~@:")


_kept = lru_cache(maxsize=4_096)(_quoted)
