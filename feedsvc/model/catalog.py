"""The open sets of feedsvc, each in one literal table: what their members are called, and what others must know of them.

    FORMATS    what feeds are published in            behaviour: one file in `formats/`
    KINDS      where articles come from               behaviour: one file in `sources/`
    FORMS      what a draft was read from             behaviour: one file or folder in `parsers/`
    EVIDENCE   what a publication date was read from  behaviour: `rules/dates/`

Data only: this stands on the ground floor, so that rooms that do not know each other (`config`, `formats`, `rules`, `serve`)
have one list and not one each. A member's behaviour is named as an entry point names an object, "package.module:object",
and is imported when it is used first. Columns of articles have their table in `feedsvc.model.facts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

ATOM_TYPE: Final = "application/atom+xml"
RSS_TYPE: Final = "application/rss+xml"
JSON_FEED_TYPE: Final = "application/feed+json"
OPML_TYPE: Final = "text/x-opml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What a feed is published in. All formats are UTF-8."""

    name: str  # also the extension of its documents: letters a-z and digits
    label: str  # for people, on links
    media_type: str  # without parameters
    behaviour: str  # a `feedsvc.formats.feed_format.FeedFormat`
    usual: bool = False  # in `feeds.formats` unless the configuration says otherwise
    pages: bool = False  # in `feeds.archive_formats` unless the configuration says otherwise

    @property
    def content_type(self) -> str:
        """Return the media type as HTTP and object stores want it."""
        return f"{self.media_type}; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a source can be: the `kind` of a `[[source]]`."""

    name: str
    reads_from: Literal[
        "directory", "file", "url", "either"
    ]  # what `[[source]]` names; "either" = a file or an address
    # A function (Fetcher, Executor) -> Reader. "" = a subscription list: it is not read, but stands for the sources in it.
    reader: str = ""
    # A function (RawDocument, Source) -> Parsed for documents that only this kind has. "" = they say themselves what they
    # are, and the parsers of `feedsvc.parsers.PARSERS` know them.
    parser: str = ""
    options: tuple[str, ...] = ()  # keys of `[[source]]` that not all kinds have
    every: float | None = None  # seconds between two polls where the source does not say; None = adaptive
    windowed: bool = False  # its document shows the newest entries alone, so that some may be missed between two polls
    single: bool = False  # one document is all there is: where it yields nothing but failures, the source has failed
    subscribable: bool = False  # readers can subscribe to it: a web page may name it, a subscription list may hold it
    pages: bool = False  # its documents are pages of articles, whose text has to be found in them
    files: bool = False  # its documents are files in a folder, and pictures may lie beside them

    @property
    def is_list(self) -> bool:
        """Return whether it stands for the sources that it lists."""
        return not self.reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a publication date was read from: the code in `articles.published_from`."""

    name: str
    words: str  # how the page of an article says it, after the date and a comma
    marked: bool = (
        False  # an element of the page is marked as the date: its line says nothing else, and may leave the text
    )
    repair: str = "dates.body"  # the rule of the repair that is noted where the document's own date did not do


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftForm:
    """What a draft was read from: `Draft.form`."""

    name: str
    evidence: str  # of a date that the document states outright: a name in `EVIDENCE`
    is_feed: bool = False  # one of several items of a document: its locator is the document's and no key of its own


def _table(*members: _Member) -> Mapping[str, _Member]:
    """Return the members by name.

    Raises:
        ValueError: two have one name.
    """
    found = {each.name: each for each in members}
    if len(found) < len(members):
        raise ValueError(f"two members of {type(members[0]).__name__} share a name: {[each.name for each in members]}")
    return found


_Member = TypeVar("_Member", Format, Kind, Evidence, DraftForm)

# Best first: where one document of a feed is named, it is the first of these that there is.
FORMATS: Mapping[str, Format] = _table(
    Format(
        name="atom",
        label="Atom",
        media_type=ATOM_TYPE,
        behaviour="feedsvc.formats.atom:FORMAT",
        usual=True,
        pages=True,
    ),
    Format(name="rss", label="RSS", media_type=RSS_TYPE, behaviour="feedsvc.formats.rss:FORMAT", usual=True),
    Format(
        name="json", label="JSON", media_type=JSON_FEED_TYPE, behaviour="feedsvc.formats.jsonfeed:FORMAT", usual=True
    ),
)
USUAL_FORMATS: Final = tuple(each.name for each in FORMATS.values() if each.usual)
USUAL_PAGE_FORMATS: Final = tuple(each.name for each in FORMATS.values() if each.pages)
# Content-Type of every document below the folder of feeds, by its extension
CONTENT_TYPES: Final[Mapping[str, str]] = {
    **{name: each.content_type for name, each in FORMATS.items()},
    "opml": f"{OPML_TYPE}; charset=utf-8",
}

KINDS: Mapping[str, Kind] = _table(
    Kind(
        name="directory",
        reads_from="directory",
        reader="feedsvc.sources.directory:reader",
        options=("math",),
        every=600.0,
        files=True,
    ),
    Kind(
        name="feed",
        reads_from="url",
        reader="feedsvc.sources.feed:FeedReader",
        options=("full_text", "history"),
        windowed=True,
        single=True,
        subscribable=True,
    ),
    Kind(
        name="page",
        reads_from="url",
        reader="feedsvc.sources.page:PageReader",
        parser="feedsvc.parsers.listpage:parse",
        options=("full_text", "page"),
        single=True,
    ),
    Kind(name="sitemap", reads_from="url", reader="feedsvc.sources.sitemap:SitemapReader", pages=True),
    Kind(name="opml", reads_from="either", options=("full_text", "history")),
)
# Keys of `[[source]]` that not all kinds have -> the kinds that have them.
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    key: tuple(name for name, kind in KINDS.items() if key in kind.options)
    for key in dict.fromkeys(key for kind in KINDS.values() for key in kind.options)
}

# Weakest first: a better one may correct a date that was read from a worse one.
EVIDENCE: Mapping[str, Evidence] = _table(
    Evidence(name="", words="the source does not say when"),
    Evidence(name="path", words="read from its file name", repair="dates.path"),
    Evidence(name="feed:updated", words="its feed says only when it last changed", repair="dates.updated"),
    Evidence(name="body:dateline", words="read from the dateline of the article"),
    Evidence(name="body:label", words="read from a labelled date in the article", marked=True),
    Evidence(name="body:class", words="read from a date line in the article", marked=True),
    Evidence(name="body:time", words="read from a <time> in the article", marked=True),
    Evidence(name="body:selector", words="read from where the settings of its source point", marked=True),
    Evidence(name="front-matter", words="as its front matter says"),
    Evidence(name="feed", words="as its feed says"),
)
_RANKS: Final[Mapping[str, int]] = {name: rank for rank, name in enumerate(EVIDENCE)}

FORMS: Mapping[str, DraftForm] = _table(
    DraftForm(name="front-matter", evidence="front-matter"),
    DraftForm(name="html", evidence="body:time"),
    DraftForm(name="rss", evidence="feed", is_feed=True),
    DraftForm(name="atom", evidence="feed", is_feed=True),
    DraftForm(name="json", evidence="feed", is_feed=True),
    DraftForm(name="page", evidence="body:selector", is_feed=True),
)


def rank(evidence: str) -> int:
    """Return how strong `evidence` is, 0 for none at all.

    Raises:
        LookupError: the catalog does not know it, and a guess could let a worse date replace a better one.
    """
    if evidence not in _RANKS:
        raise LookupError(f"no evidence is called {evidence!r}: add it to EVIDENCE in feedsvc/model/catalog.py")
    return _RANKS[evidence]


def form(name: str) -> DraftForm:
    """Return the form of drafts that is called `name`.

    Raises:
        LookupError: the catalog does not know it, and its dates would be ranked by a guess.
    """
    if name not in FORMS:
        raise LookupError(f"no form of drafts is called {name!r}: add it to FORMS in feedsvc/model/catalog.py")
    return FORMS[name]


for _form in FORMS.values():
    rank(_form.evidence)
