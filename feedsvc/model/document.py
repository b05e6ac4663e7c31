"""What was read and what it says: strings, untrusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from feedsvc.model.origin import CategoryPath

BodyKind = Literal["html", "markdown", "text", ""]  # "" = not known yet, a rule decides


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDocument:
    """One document as it was read: a file of a directory, the body of a feed."""

    source: str  # Source.name
    locator: str  # path inside the source ("a/b.md", "/" always, NFC not applied), or the URL as configured
    media_type: str  # "text/markdown", "text/html", or the Content-Type as received ("" unknown), charset included
    body: bytes
    fingerprint: str  # opaque to all but its reader: stat data of a file, validators of a URL (never longer than 4 KiB)
    fetched_at: datetime  # UTC
    url: str = ""  # where it came from in the end (after redirects); base of relative links
    modified_at: datetime | None = None  # UTC; mtime or Last-Modified: never a publication date


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A document that could not be read, parsed or normalised: a value, not an exception."""

    source: str
    locator: str
    stage: Literal["read", "parse", "normalise", "store"]
    kind: str  # a short class: "front-matter", "encoding", "too-large", "not-a-feed", "timeout", "bug", ...
    reason: str  # one sentence: what is wrong, where, what to do
    fingerprint: str = ""
    digest: str = ""  # of the bytes, where there are any
    body: bytes | None = field(default=None, repr=False)
    media_type: str = ""
    trace: str = field(default="", repr=False)  # a traceback, when it is a bug


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A document that is left out on purpose: a draft, an error notice of a bridge."""

    source: str
    locator: str
    reason: str
    fingerprint: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody named by a document. `role` is author, editor, reporter, photographer, translator, ... ("author" when unsaid)."""

    name: str
    role: str = "author"
    email: str = ""
    uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that goes with an article (RFC 4287 §4.2.7.2, RSS 2.0 enclosure)."""

    url: str
    media_type: str = ""
    length: int | None = None  # bytes, as announced
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture that a document announces beside its text, and what is said of it (Media RSS, enclosures): as found."""

    url: str
    alt: str = ""  # what it shows: plain or HTML
    title: str = ""  # its caption: plain or HTML
    width: int | None = None  # pixels, as announced
    height: int | None = None  # pixels, as announced


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One thing that normalising mended, so that people can see it: `rule` changed `field` from `before` to `after`."""

    rule: str  # "dates.body", "front-matter.tolerant", "images.placeholder"
    field: str  # a column of `articles`
    before: str  # at most 500 characters
    after: str  # at most 500 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a document *says* of one article: strings only, nothing trusted. `published="Invalid Date"` is a legal Draft."""

    source: str
    locator: str  # of the document
    form: str  # which parser: "front-matter", "rss", "atom", "json", "html"
    fetched_at: datetime
    native_id: str = ""  # guid, atom:id, id or permalink key of the front matter
    link: str = ""  # the article's own URL as the document names it
    base_url: str = ""  # what relative links are relative to
    title: str = ""  # plain or HTML, as found
    published: str = ""
    updated: str = ""
    path_date: str = ""  # Jekyll's date in the file name
    body: str = ""
    body_kind: BodyKind = ""
    extension: str = ""  # ".md", ".html": evidence for the kind of body
    summary: str = ""  # HTML or plain
    people: tuple[Person, ...] = ()
    publisher: str = ""  # the site or paper
    categories: tuple[CategoryPath, ...] = ()
    tags: tuple[str, ...] = ()
    image: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    figures: tuple[Figure, ...] = ()  # where there are more pictures, or words of them, than `image` can hold
    language: str = ""
    is_draft: bool = False
    machine_made: bool = False  # re-laid by a program out of a feed: a date without a zone is the clock of that program
    notice: str = ""  # not empty: no article but an error notice of a bridge; says why we think so
    repairs: tuple[Repair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHead:
    """What a feed says of itself."""

    title: str = ""
    link: str = ""  # the site
    language: str = ""
    ttl: float | None = None  # seconds
    hub: str = ""
    next_page: str = ""  # RFC 5005 next / prev-archive
    skip_hours: tuple[int, ...] = ()  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """One document, parsed: its drafts in document order, and what it says of itself."""

    drafts: tuple[Draft, ...] = ()
    head: FeedHead | None = None
    repairs: tuple[str, ...] = ()  # what had to be mended to read the document at all
    cuts: tuple[str, ...] = ()  # what a limit left out of it, and what to do about that: "kind: one sentence"
