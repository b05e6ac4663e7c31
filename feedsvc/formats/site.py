"""The site that feeds belong to: every id and address that a document mints comes from here. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from feedsvc.formats import validity
from feedsvc.model import layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from feedsvc.model import CategoryPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What all documents have in common."""

    url: str  # public base of every address, no "/" at the end
    title: str
    namespace: UUID  # of the archive; ids come from it and never from `url`, so that a moved site keeps them
    language: str = ""  # BCP 47
    version: str = ""  # of feedsvc, for the generator element
    hub: str = ""  # address of the WebSub hub
    pages: Mapping[CategoryPath, str] = field(
        default_factory=dict
    )  # category -> path of its page, where slugs are minted

    def article(self, uuid: str) -> str:
        """Return the address of an article's page."""
        return f"{self.url}/articles/{validity.segment(uuid)}"

    def category(self, path: CategoryPath) -> str:
        """Return the address of a category's page: at the slug that the archive minted, else at its name."""
        return self.page(self.pages.get(path) or layout.category("/".join(path)))

    def page(self, path: str) -> str:
        """Return the address of a page below the base; the front page for ""."""
        return f"{self.url}/{validity.segment(path)}"

    def feed(self, path: str, form: str) -> str:
        """Return the address of one document of a feed: `path` is `FeedSpec.path`, `form` its extension."""
        return f"{self.url}/{layout.FEEDS}/{validity.segment(path)}.{form}"

    def feed_id(self, path: str) -> str:
        """Return the atom:id of a feed: the same in all formats and archive pages (RFC 4287 §4.2.6)."""
        return uuid5(self.namespace, f"feed\0{validity.scrub(path)}").urn
