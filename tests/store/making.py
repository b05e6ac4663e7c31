"""Articles, and what brings them into a store: the steps of `ingest` without a reader."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

from feedsvc.model import Article, Batch, Digested, Key, Source
from feedsvc.ports import FeedArticles, FeedPages, IngestStore, StaleFeeds
from feedsvc.reconcile import reconcile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from feedsvc.model import Failure, FeedHead, Skip, Verdict

POSTS = Source(name="posts", kind="directory", location="/srv/posts")
PLANET = Source(name="planet", kind="feed", location="https://planet.example.org/atom.xml")
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def digest_of(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def path_key(value: str) -> Key:
    return Key(kind="path", value=value)


def guid(value: str) -> Key:
    return Key(kind="guid", value=value)


def link(value: str) -> Key:
    return Key(kind="link", value=value)


def an_article(name: str = "harbour", **changes: Any) -> Article:
    """Return an article of the file `name`.md; its digests follow from what it says, as the rules make them."""
    text = changes.get(
        "text", f"Notes on the {name}, taken on a morning walk: what {name} was, and what became of {name}."
    )
    title = changes.get("title", f"On {name}")
    fields: dict[str, Any] = {
        "source": POSTS.name,
        "locator": f"{name}.md",
        "keys": (path_key(changes.get("locator", f"{name}.md")),),
        "title": title,
        "text": text,
        "content": f"<p>{text}</p>",
        "summary": text[:40],
        "categories": (("notes",),),
        "language": "en",
        "text_digest": digest_of("".join(text.split())) if text.strip() else "",
        "title_key": "".join(c for c in title.casefold() if c.isalnum()),
    }
    fields |= changes
    said = [title, text, *(fields.get(name) for name in ("url", "people", "categories", "images"))]
    fields.setdefault("digest", digest_of(*said))
    return Article(**fields)


def an_entry(name: str = "harbour", **changes: Any) -> Article:
    """Return an article of the feed `PLANET`, with a guid of its own."""
    fields: dict[str, Any] = {"source": PLANET.name, "locator": PLANET.location, "keys": (guid(f"urn:x:{name}"),)}
    return an_article(name, **{**fields, **changes})


def a_document(locator: str, articles: Sequence[Article] = (), **changes: Any) -> Digested:
    """Return the document at `locator` that holds `articles`; its bytes and fingerprint follow from them."""
    body = repr([locator, [article.digest for article in articles]]).encode()
    fields: dict[str, Any] = {
        "source": articles[0].source if articles else POSTS.name,
        "locator": locator,
        "fingerprint": f"mark of {body!r}",
        "digest": hashlib.sha256(body).hexdigest(),
        "body": body,
        "media_type": "text/markdown",
        "fetched_at": NOON,
        "articles": tuple(articles),
    }
    return Digested(**{**fields, **changes})


class Store(IngestStore, StaleFeeds, FeedArticles, FeedPages, Protocol):
    """All that runs and emissions ask of an archive."""


class Intaking:
    """Takes articles into `store`, an hour apart, deciding as ingest does."""

    def __init__(self, store: Store, source: Source = POSTS) -> None:
        self.store = store
        self.source = source
        self.at = NOON

    def batch(
        self,
        *articles: Article,
        missing: AbstractSet[str] = frozenset(),
        failures: tuple[Failure, ...] = (),
        skips: tuple[Skip, ...] = (),
        head: FeedHead | None = None,
        **changes: Any,
    ) -> Batch:
        """Return the batch that these articles make, one document for each locator."""
        documents = [
            a_document(locator, tuple(group), head=head, source=self.source.name)
            for locator, group in groupby(articles, key=lambda article: article.locator)
        ]
        verdicts = reconcile(articles, self.store.known(self.source.name, articles, missing))
        fields: dict[str, Any] = {
            "source": self.source,
            "at": self.at,
            "documents": tuple(documents),
            "verdicts": verdicts,
            "failures": failures,
            "skips": skips,
        }
        return Batch(**{**fields, **changes})

    def take(self, *articles: Article, **changes: Any) -> tuple[Verdict, ...]:
        """Commit these articles; return what was decided."""
        batch = self.batch(*articles, **changes)
        self.store.commit(batch)
        self.at += HOUR
        return batch.verdicts

    def lose(self, *locators: str) -> None:
        """Commit that the source has these documents no longer."""
        self.store.commit(Batch(source=self.source, at=self.at, gone=locators))
        self.at += HOUR
