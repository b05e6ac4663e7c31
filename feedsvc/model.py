"""The nouns of feedsvc: frozen values that flow from a source to a feed.

    Source -> RawDocument -> Draft -> Article -> Verdict -> Batch -> Entry -> FeedSpec
                      `---------`------ Failure (a value too)

Two types for two truths: a `Draft` is what a document *says* (strings, untrusted); an `Article` is what we *vouch for*.
Everything here is pure data; times are `datetime` in UTC, lengths are bytes and durations seconds unless a field says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SourceKind = Literal["directory", "feed", "page", "sitemap", "opml"]
BodyKind = Literal["html", "markdown", "text", ""]  # "" = not known yet, a rule decides
KeyKind = Literal["guid", "link", "path", "digest"]
CategoryPath = tuple[
    str, ...
]  # ("金融", "每经网", "重磅原创"); written 金融/每经网/重磅原创, a "/" inside a name as "∕" (U+2215)


# ---------------------------------------------------------------- what is configured


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """The `[source.rules]` table: what is peculiar to the documents of one source."""

    category_map: Mapping[str, str] = field(default_factory=dict)  # category path as found -> path wanted ("" drops it)
    placeholder_hosts: tuple[str, ...] = ()  # hosts whose pictures are no pictures
    content: str = ""  # CSS selector of the article inside the body
    date: str = ""  # CSS selector of the publication date
    author: str = ""  # CSS selector of the author's name
    title: str = ""  # CSS selector of the title
    drop: tuple[str, ...] = ()  # CSS selectors of what is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRules:
    """The `[source.page]` table: where the entries of a list page are; what is not said is found out."""

    item: str = ""  # CSS selector of one entry; the others look inside it
    title: str = ""  # CSS selector of its title
    link: str = ""  # CSS selector of the link to its article
    date: str = ""  # CSS selector of its date
    summary: str = ""  # CSS selector of its text
    image: str = ""  # CSS selector of its picture


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """How one remote source is asked; numbers from the service's `[fetch]` table unless the source has its own."""

    user_agent: str = ""  # "" = the service's
    headers: Mapping[str, str] = field(default_factory=dict)  # secret values are resolved before they come here
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)  # bearer
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str = field(default="", repr=False)
    allow_networks: tuple[str, ...] = ()  # CIDR networks that may be reached although they are not public
    connect_seconds: float = 10.0  # DNS + TCP + TLS
    silence_seconds: float = 20.0  # longest wait between two bytes
    total_seconds: float = 60.0  # one attempt in all
    max_bytes: int = 16 << 20  # on the wire, and again decoded
    max_redirects: int = 5
    max_url: int = 2048  # characters
    retries: int = 1  # inside one poll, transient errors only
    host_gap_seconds: float = 1.0  # between two starts at one host
    full_fetch_days: float = 7.0  # an unconditional fetch at least this often


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A configured origin of articles."""

    name: str  # unique, [a-z0-9][a-z0-9-]*; part of every minted id: renaming a source changes ids
    kind: SourceKind
    location: str  # absolute directory, or URL; may hold secrets: never in archive.db
    moved_to: str = field(default="", repr=False)  # where permanent redirects from `location` lead; asked in its place
    title: str = ""  # for people; "" = what the source calls itself, else the name
    every: float | None = None  # seconds between polls; None = adaptive for remote, 600 for directories
    cron: str = ""  # five fields, in the service's zone; wins over `every`
    watch: bool = False  # directories: react to changes at once
    categories: tuple[CategoryPath, ...] = ()  # for articles that name none
    prefix: CategoryPath = ()  # put above the categories that are named
    timezone: str = "UTC"  # IANA name, for dates that do not name their zone
    language: str = ""  # BCP 47; "" = detect
    include: tuple[str, ...] = ("**/*.md", "**/*.markdown", "**/*.html", "**/*.htm")  # directories: globs
    exclude: tuple[str, ...] = ()
    drafts: bool = False  # True = drafts are archived too
    base_url: str = ""  # directories: what relative links are relative to
    full_text: bool = False  # feeds and pages: the article's own page is fetched too
    history: bool = False  # feeds: what came before is fetched once
    history_pages: int = 200  # documents of the past, in all
    pages_per_run: int = 50  # pages of articles or of the past fetched in one run
    robots: bool = True  # False = robots.txt is not asked (feeds never ask)
    page: PageRules = PageRules()
    rules: SourceRules = SourceRules()
    fetch: FetchSettings = FetchSettings()

    @property
    def remote(self) -> bool:
        """Whether reading it needs the network."""
        return self.location.startswith(("http://", "https://"))


# ---------------------------------------------------------------- what was read


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


# ---------------------------------------------------------------- what the document says


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


# ---------------------------------------------------------------- what we vouch for


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One name under which an article is known in its source."""

    kind: KeyKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What we vouch for. An `Article` with `Invalid Date` cannot exist."""

    source: str
    locator: str
    keys: tuple[Key, ...]  # strongest first, never empty
    iri: str = ""  # the source's own id when that is an absolute IRI, else ""
    url: str = ""  # the original's address, absolute http(s); "" = not known
    title: str = ""  # plain text, never blank
    summary: str = ""  # plain text
    content: str = ""  # sanitised HTML, links absolute where a base is known
    text: str = ""  # plain text of the content
    people: tuple[Person, ...] = ()
    publisher: str = ""
    language: str = ""  # BCP 47, "" unknown
    image: str = ""  # absolute http(s), never a placeholder
    enclosures: tuple[Enclosure, ...] = ()
    categories: tuple[CategoryPath, ...] = ()  # never empty
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()  # hrefs of the content, in order, each once
    images: tuple[str, ...] = ()  # real pictures of the content, in order, each once
    published: datetime | None = None  # UTC
    published_from: str = ""  # "front-matter", "feed", "body:class", "body:time", "body:dateline", "path", "" unknown
    published_raw: str = ""  # the string that it was read from
    modified: datetime | None = None  # UTC, what the document says of its last change
    digest: str = ""  # hex: what a subscriber would notice (DESIGN: "two digests")
    text_digest: str = ""  # hex: text alone, white space out; "" when there is no text
    title_key: str = ""  # title for comparison: letters and digits, case folded
    repairs: tuple[Repair, ...] = ()


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
    head: FeedHead | None = None
    failures: tuple[Failure, ...] = ()  # of the document, or of single items
    skips: tuple[Skip, ...] = ()


# ---------------------------------------------------------------- what is decided


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


# ---------------------------------------------------------------- what is emitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An article as the archive holds it, ready to be rendered."""

    id: int
    uid: str  # atom:id
    uuid: str
    revision: int
    source: str
    source_title: str
    source_url: str  # the public site of the source, "" unknown
    url: str
    title: str
    summary: str
    content: str
    people: tuple[Person, ...]
    publisher: str
    language: str
    image: str
    enclosures: tuple[Enclosure, ...]
    categories: tuple[CategoryPath, ...]
    tags: tuple[str, ...]
    published: datetime | None
    first_seen: datetime
    updated: datetime

    @property
    def sort_date(self) -> datetime:
        """What feeds are ordered by: `published`, else `first_seen`."""
        return self.published or self.first_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What is left of an article that the operator took back (RFC 6721)."""

    uid: str  # atom:id
    when: datetime  # UTC
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """What stands on one page of a feed (RFC 5005 §4), last come first."""

    entries: tuple[Entry, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which articles a feed holds; all conditions must hold, none = everything."""

    category: CategoryPath = ()  # and everything below it
    source: str = ""
    author: str = ""
    language: str = ""
    search: str = ""  # words as in the search box
    sql: str = ""  # a read-only query that returns article ids


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSpec:
    """One feed to emit."""

    path: (
        str  # below archive/feeds, without extension: "all", "category/金融/每经网", "source/posts", "custom/ai-chips"
    )
    title: str
    selection: Selection = Selection()
    formats: tuple[str, ...] = ("atom", "rss", "json")
    entries: int = 50
    content: Literal["full", "summary"] = "full"
    language: str = ""
    description: str = ""
    page: str = ""  # path of the page for people, below the public base: "category/金融"
