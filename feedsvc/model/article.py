"""What we vouch for, and what was decided of it."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field
from typing import TYPE_CHECKING, Literal

from feedsvc.model.facts import Facts, column, columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from feedsvc.model.document import Failure, FeedHead, Repair, Skip
    from feedsvc.model.origin import Source

KeyKind = Literal["guid", "link", "path", "digest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One name under which an article is known in its source."""

    kind: KeyKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article(Facts):
    """What we vouch for. An `Article` with `Invalid Date` cannot exist. Its title is never blank, its categories never empty."""

    source: str
    locator: str = column(MISSING, "The document it was last seen in: a path inside the source, or an address")
    keys: tuple[Key, ...]  # strongest first, never empty
    iri: str = ""  # the source's own id when that is an absolute IRI, else ""
    digest: str = column("", "Digest of what a subscriber would notice; a new one makes a new revision")  # hex
    text_digest: str = column("", "Digest of the text alone, white space left out")  # hex; "" when there is no text
    title_key: str = column("", "The title for comparing: letters and digits in lower case")
    repairs: tuple[Repair, ...] = ()
    mark: str = ""  # of what the document said (`feedsvc.reconcile.mark`); "" = it is to be looked at again each time


COLUMNS = columns_of(Article)  # of `articles`, but for its ids and the times of the archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Digested:
    """What became of one document: articles in document order, or a reason why there are none."""

    source: str
    locator: str
    fingerprint: str
    digest: str  # SHA-256 of the bytes, hex: the key of its capture
    body: bytes = field(repr=False)
    media_type: str
    fetched_at: datetime
    url: str = ""
    articles: tuple[Article, ...] = ()
    settled: Mapping[str, int] = field(default_factory=dict)  # mark -> stored article, of items that say what they said
    head: FeedHead | None = None
    failures: tuple[Failure, ...] = ()  # of the document, or of single items
    skips: tuple[Skip, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What reconcile needs to know of a stored article."""

    id: int
    uuid: str
    source: str
    locator: str  # of the document that it was last seen in
    keys: frozenset[Key]
    title_key: str
    digest: str
    text_digest: str
    text_head: str  # the first 2,000 characters of its text, for likeness
    published: datetime | None
    published_from: str
    published_raw: str
    url: str
    updated: datetime
    revision: int
    absent: bool  # its document is not in the source any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What reconcile decided of one article, and why."""

    what: Literal["added", "revised", "moved", "unchanged"]
    article: Article
    known: Known | None = None  # the stored article it is; None when added
    native: Key | None = None  # the key that the uuid is minted from, when added
    new_keys: tuple[Key, ...] = ()  # aliases to add
    dated: bool = False  # the stored article learns or corrects its `published`
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A feed's window slid past what was known of it: between two readings, entries may have come and gone unseen."""

    locator: str  # of the document
    entries: int  # that the document holds, none of which its last reading held


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One atomic commit for one source: articles, revisions, aliases, fingerprints and failures, or nothing of it."""

    source: Source
    at: datetime
    documents: tuple[Digested, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    failures: tuple[Failure, ...] = ()  # of documents that could not even be read
    skips: tuple[Skip, ...] = ()
    gone: tuple[str, ...] = ()  # locators that the source no longer has; their articles stay
    gaps: tuple[Gap, ...] = ()
    origin: Literal["source", "replay"] = "source"  # replay = a revision is ours, not the publisher's
    announce: bool = True  # whether `updated` moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the answer of a remote source says about asking it again; durations are seconds, None = nothing."""

    asked: str = ""  # the last address that was asked, without secrets
    moved_to: str = field(default="", repr=False)  # where permanent redirects led from there, with its secrets
    max_age: float | None = None
    retry_after: float | None = None
    head: FeedHead | None = None  # of the last document, when one was read
    entries: int = 0  # articles in that document
    gaps: int = 0  # that were found
    searched: str = ""  # for people: how a walk back over what was missed ended; "" = it did not, or there was none


@dataclass(slots=True, kw_only=True)
class RunReport:
    """Counts and failures of one run of one source; grows while the run goes on."""

    source: str
    started: datetime
    finished: datetime | None = None
    outcome: str = "ok"  # "ok", "unchanged", or the class of the error
    seen: int = 0  # documents the source has
    read: int = 0  # documents opened or fetched
    added: int = 0
    revised: int = 0
    moved: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    gone: int = 0
    error: str = ""  # the source could not be read: one sentence
    hints: Hints = Hints()
    failures: list[Failure] = field(default_factory=list)  # the first 100
    skips: list[Skip] = field(default_factory=list)  # the first 100
