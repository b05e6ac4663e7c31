"""The open sets of feedsvc, each in one literal table: what their members are called, and what others must know of them.

    FORMATS    what feeds are published in            behaviour: one file in `formats/`
    KINDS      where articles come from               behaviour: one file in `sources/`
    FORMS      what a draft was read from             behaviour: one file or folder in `parsers/`
    EVIDENCE   what a publication date was read from  behaviour: `rules/dates/`

Data only: this stands on the ground floor, so that rooms that do not know each other (`config`, `formats`, `rules`, `serve`)
have one list and not one each. A member's behaviour is named as an entry point names an object, "package.module:object",
and is imported when it is used first. Columns of articles have their table in `feedsvc.model.facts`.

Installed packages add members (`feedsvc.plugins`). They are loaded when a table is read for the first time, never while
the modules of feedsvc are imported: a plugin may import any of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, Generic, Literal, TypeVar, cast

from feedsvc import plugins
from feedsvc.model.layout import SUFFIXES

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
    # A `feedsvc.formats.feed_format.FeedFormat`: where it is, "package.module:object", or itself.
    behaviour: object
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
    # A function (Fetcher, Executor) -> Reader: where it is, "package.module:object", or itself. "" = a subscription list:
    # it is not read, but stands for the sources in it.
    reader: object = ""
    # A function (RawDocument, Source) -> Parsed for documents that only this kind has: where it is, or itself. "" = they say
    # themselves what they are, and the parsers of `feedsvc.parsers.PARSERS` know them.
    parser: object = ""
    forms: tuple[DraftForm, ...] = ()  # which that parser of a plugin adds to `FORMS`
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


_Member = TypeVar("_Member", Format, Kind, Evidence, DraftForm)


class Table(Mapping[str, _Member], Generic[_Member]):
    """The members of an open set by name, in a fixed order: those of feedsvc, then those of plugins, which `added` yields."""

    def __init__(self, *members: _Member, added: Callable[[Table[_Member]], Iterable[_Member]] | None = None) -> None:
        """Hold `members`.

        Raises:
            ValueError: two have one name.
        """
        self.own: Mapping[str, _Member] = {each.name: each for each in members}
        if len(self.own) < len(members):
            names = [each.name for each in members]
            raise ValueError(f"two members of {type(members[0]).__name__} share a name: {names}")
        self._members: dict[str, _Member] = dict(self.own)
        self._added: Callable[[Table[_Member]], Iterable[_Member]] | None = added

    def __getitem__(self, name: str) -> _Member:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> Mapping[str, _Member]:
        if self._added is not None:
            # Set first: a plugin may read this table while it is imported, and then finds what feedsvc has itself.
            added, self._added = self._added, None
            self._members |= {each.name: each for each in added(self)}
        return self._members


def _named(kind: type[_Member], name: str, member: object) -> _Member:
    """Return `member`, which the entry point `name` of a plugin loads.

    Raises:
        TypeError: it is no `kind`.
        ValueError: it has another name.
    """
    if not isinstance(member, kind):
        raise TypeError(f"it is no {kind.__name__}, but a {type(member).__name__}")
    if member.name != name:
        raise ValueError(f"it calls itself {member.name!r}: entry point and member have one name")
    return member


_EXTENSION = re.compile("[a-z0-9]+")
# Extensions of files that lie beside feeds, or are no feeds.
_TAKEN_EXTENSIONS = {"opml", "html", *(suffix.removeprefix(".") for suffix in SUFFIXES)}


def _check_format(name: str, member: object) -> None:
    behaviour = _named(Format, name, member).behaviour
    if not _EXTENSION.fullmatch(name) or name in _TAKEN_EXTENSIONS:
        raise ValueError(
            "the name of a format is the extension of its files: letters a-z and digits, and no extension of ours"
        )
    if not all(callable(getattr(behaviour, part, None)) for part in ("entry", "document", "listed", "links")):
        raise TypeError(f"its behaviour is no FeedFormat, but a {type(behaviour).__name__}")


def _added_formats(table: Table[Format]) -> Iterator[Format]:
    for member in plugins.accepted(plugins.FORMATS, table.own, _check_format).values():
        yield replace(cast("Format", member), usual=False, pages=False)


# Best first: where one document of a feed is named, it is the first of these that there is.
FORMATS: Final[Table[Format]] = Table(
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
    added=_added_formats,
)
USUAL_FORMATS: Final = tuple(each.name for each in FORMATS.own.values() if each.usual)
USUAL_PAGE_FORMATS: Final = tuple(each.name for each in FORMATS.own.values() if each.pages)


@cache
def content_types() -> Mapping[str, str]:
    """Return the Content-Type of every document below the folder of feeds, by its extension."""
    return {
        **{name: each.content_type for name, each in FORMATS.items()},
        "opml": f"{OPML_TYPE}; charset=utf-8",
    }


def _check_kind(name: str, member: object) -> None:
    kind = _named(Kind, name, member)
    if not callable(kind.reader) or not (callable(kind.parser) or kind.parser == ""):
        raise TypeError("its reader, and its parser if it has one, have to be functions or classes")
    if unknown := set(kind.options) - {key for own in KINDS.own.values() for key in own.options}:
        raise ValueError(f"no key of [[source]] is called {min(unknown)!r}")


def _added_kinds(table: Table[Kind]) -> Iterator[Kind]:
    for member in plugins.accepted(plugins.KINDS, table.own, _check_kind).values():
        yield cast("Kind", member)


KINDS: Final[Table[Kind]] = Table(
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
    added=_added_kinds,
)


@cache
def options() -> Mapping[str, tuple[str, ...]]:
    """Return the keys of `[[source]]` that not all kinds have, each with the kinds that have it."""
    keys = dict.fromkeys(key for kind in KINDS.values() for key in kind.options)
    return {key: tuple(name for name, kind in KINDS.items() if key in kind.options) for key in keys}


# Weakest first: a better one may correct a date that was read from a worse one.
EVIDENCE: Final[Table[Evidence]] = Table(
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


def _added_forms(table: Table[DraftForm]) -> Iterator[DraftForm]:
    """Yield the forms that the parsers of plugins bring, in a group of their own or with a kind."""
    parsers = plugins.members(plugins.PARSERS).values()
    for owner in (*parsers, *(kind for name, kind in KINDS.items() if name not in KINDS.own)):
        for form in getattr(owner, "forms", ()):
            if isinstance(form, DraftForm) and form.name not in table.own and form.evidence in EVIDENCE:
                yield form


FORMS: Final[Table[DraftForm]] = Table(
    DraftForm(name="front-matter", evidence="front-matter"),
    DraftForm(name="html", evidence="body:time"),
    DraftForm(name="rss", evidence="feed", is_feed=True),
    DraftForm(name="atom", evidence="feed", is_feed=True),
    DraftForm(name="json", evidence="feed", is_feed=True),
    DraftForm(name="page", evidence="body:selector", is_feed=True),
    added=_added_forms,
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


for _form in FORMS.own.values():
    rank(_form.evidence)
