"""What is configured: where articles come from, and how they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Media = Literal["none", "images"]  # what is kept of what articles show
# ("金融", "每经网", "重磅原创"); written 金融/每经网/重磅原创, a "/" inside a name as "∕" (U+2215)
CategoryPath = tuple[str, ...]


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
class Missed:
    """A feed's window slid past what was known of it, and what was known then: a walk back over its past ends there."""

    since: datetime  # when it was last read before (UTC)
    guids: frozenset[str] = frozenset()  # what the newest articles of that time call themselves
    links: frozenset[str] = frozenset()  # keys of their addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A configured origin of articles."""

    name: str  # unique, [a-z0-9][a-z0-9-]*; part of every minted id: renaming a source changes ids
    kind: str  # a name in `feedsvc.model.catalog.KINDS`
    location: str  # absolute directory, or URL; may hold secrets: never in archive.db
    moved_to: str = field(default="", repr=False)  # where permanent redirects from `location` lead; asked in its place
    missed: Missed | None = field(default=None, repr=False)  # feeds: what is to be looked for, if anything
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
    math: bool = False  # directories: `$…$`, `$$…$$`, `\(…\)` and `\[…\]` of Markdown are formulas
    full_text: bool = False  # feeds and pages: the article's own page is fetched too
    history: bool = False  # feeds: what came before is fetched once
    history_pages: int = 200  # documents of the past, in all
    pages_per_run: int = 50  # pages of articles or of the past fetched in one run
    robots: bool = True  # False = robots.txt is not asked (feeds never ask)
    media: Media = "none"  # "images" = the pictures of its articles are kept beside the archive
    page: PageRules = PageRules()
    rules: SourceRules = SourceRules()
    fetch: FetchSettings = FetchSettings()

    @property
    def remote(self) -> bool:
        """Whether reading it needs the network."""
        return self.location.startswith(("http://", "https://"))
