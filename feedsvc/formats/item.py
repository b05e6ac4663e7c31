"""What every format says of one entry and of one feed, worked out once and the same for all of them.

    Entry, Site -> Item        FeedSpec, Site, updated -> Head

Nothing here depends on the other entries of a document or on the clock, so that a rendered entry can be kept and
joined into any document. Strings in an `Item` or a `Head` have passed the gate. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zlib import crc32

from feedsvc.formats import body, validity
from feedsvc.model import Person, layout
from feedsvc.model.catalog import FORMATS, USUAL_PAGE_FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feedsvc.formats.site import Site
    from feedsvc.model import CategoryPath, Enclosure, Entry, FeedSpec, Tombstone

NEVER = datetime(
    2000, 1, 1, tzinfo=UTC
)  # `updated` of a feed without entries: a date is required, and now would be a lie
WRITERS = frozenset({"author", "reporter", "writer", "columnist"})  # roles that Atom calls author; others contribute
TITLE_LENGTH = 60  # characters of a title made from the text

_MISSING = datetime(1969, 12, 31, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC)  # the epoch in any zone
_UNKNOWN_TYPE = "application/octet-stream"  # RSS and JSON Feed want a media type; mimetypes would ask the machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A category as feeds name it (RFC 4287 §4.2.2)."""

    term: str  # 金融/每经网
    label: str  # 每经网
    scheme: str = ""  # address of the category's page; "" for a tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The feed that an entry was taken from (RFC 4287 §4.2.11)."""

    id: str
    title: str
    feed: str  # path of our own feed of that source
    page: str  # the public site of the source


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry, ready for any format."""

    uid: str
    permalink: str  # our page
    via: str  # the original, "" unknown
    title: str  # plain text, one line, never blank
    summary: str  # plain text; the title when there is nothing else to show, "" beside a content
    content: str  # HTML, "" in a feed of summaries
    language: str
    image: str
    published: datetime | None  # UTC, whole seconds
    updated: datetime  # UTC, with a fraction of a second that is the article's own
    authors: tuple[Person, ...]  # never empty
    contributors: tuple[Person, ...]
    categories: tuple[Category, ...]
    enclosures: tuple[Enclosure, ...]  # each with a media type
    origin: Origin | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Where a document stands in its feed (RFC 5005 §4); all are numbers of closed pages, 0 = there is none."""

    page: int = 0  # this one; 0 = the subscription document
    previous: int = 0  # the one before
    following: int = 0  # the one after, where that is closed too when this one is rendered


SUBSCRIPTION = Chain()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of a document to another address."""

    rel: str
    href: str
    media_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One document of a feed, ready for any format."""

    id: str
    title: str
    description: str  # never blank
    language: str
    updated: datetime
    page: str  # address of the page for people
    address: str  # address of its documents, without extension
    generator: str
    version: str
    is_archive: bool = False  # a closed page, which stays as it is
    current: str = ""  # address of the subscription document, without extension; "" in that document itself
    previous: str = ""  # address of the closed page before, without extension
    following: str = ""  # address of the closed page after, without extension
    hub: str = ""  # WebSub
    page_formats: tuple[str, ...] = USUAL_PAGE_FORMATS  # of closed pages, best first
    tombstones: tuple[Tombstone, ...] = ()  # the latest first

    def location(self, form: str) -> str:
        """Return the address of the document in one format."""
        return f"{self.address}.{form}"

    def links(self, form: str) -> tuple[Link, ...]:
        """Return the links of the document in one format: to itself, to its neighbours, and to the hub.

        Pages that are not published in this format are linked in the best that they have (RFC 5005 asks for no other).
        """
        pages = form if form in self.page_formats else self.page_formats[0]
        neighbours = (("current", self.current), ("prev-archive", self.previous), ("next-archive", self.following))
        return (
            Link(rel="self", href=self.location(form), media_type=FORMATS[form].media_type),
            *(
                Link(rel=rel, href=f"{to}.{pages}", media_type=FORMATS[pages].media_type)
                for rel, to in neighbours
                if to
            ),
            *([Link(rel="hub", href=self.hub)] if self.hub else ()),
        )


def item(entry: Entry, site: Site, *, full: bool = True) -> Item:
    """Return what formats say of `entry`; without its content when not `full`."""
    title = _title(entry)
    permalink = site.article(entry.uuid)
    content = body.travelling(validity.scrub(entry.content), permalink).strip() if full else ""
    return Item(
        uid=validity.line(entry.uid),
        permalink=permalink,
        via=validity.uri(entry.url),
        title=title,
        summary=validity.scrub(entry.summary).strip() or ("" if content else title),
        content=content,
        language=validity.language(entry.language),
        image=validity.uri(entry.image),
        published=_published(entry),
        updated=updated(entry),
        authors=_authors(entry, site),
        contributors=tuple(_named(person for person in entry.people if person.role not in WRITERS)),
        categories=(*_categories(entry.categories, site), *_tags(entry)),
        enclosures=tuple(_enclosures(entry.enclosures)),
        origin=_origin(entry, site),
    )


def head(
    spec: FeedSpec, site: Site, updated: datetime, chain: Chain = SUBSCRIPTION, tombstones: Iterable[Tombstone] = ()
) -> Head:
    """Return what formats say of one document of the feed `spec`, last changed at `updated` (UTC)."""

    def page(number: int) -> str:
        return site.feed(layout.page(spec.path, number), "").removesuffix(".") if number else ""

    subscription = site.feed(spec.path, "").removesuffix(".")
    title = validity.line(spec.title) or validity.line(site.title) or validity.line(spec.path)
    return Head(
        id=site.feed_id(spec.path),
        title=title,
        description=validity.line(spec.description) or title,
        language=validity.language(spec.language) or validity.language(site.language),
        updated=updated,
        page=site.page(spec.page or _page(spec.path)),
        address=page(chain.page) or subscription,
        generator="feedsvc",
        version=site.version,
        is_archive=bool(chain.page),
        current=subscription if chain.page else "",
        previous=page(chain.previous),
        following=page(chain.following),
        hub="" if chain.page else validity.uri(site.hub),
        page_formats=spec.page_formats,
        tombstones=tuple(
            replace(each, uid=validity.line(each.uid), why=validity.line(each.why)) for each in tombstones
        ),
    )


def updated(entry: Entry) -> datetime:
    """Return when `entry` last changed, with a fraction of a second derived from its id.

    Two entries of one document should not share an `updated` (readers and validators compare it), and a fraction that
    hangs on the neighbours would change with them.
    """
    return _utc(entry.updated, crc32(entry.uuid.encode(errors="replace")) % 1_000_000)


def newest(entries: Iterable[Entry]) -> datetime:
    """Return the `updated` of a feed of `entries`: that of the newest change, never the clock (RFC 4287 §4.2.15)."""
    return max((updated(entry) for entry in entries), default=NEVER)


def _title(entry: Entry) -> str:
    """Return a title that says something: one of replacement characters alone does not."""
    title = validity.line(entry.title)
    if title.strip(validity.REPLACEMENT):
        return title
    beginning = validity.line(entry.summary)[:TITLE_LENGTH].strip()
    return next(
        (text for text in (beginning, validity.uri(entry.url)) if text.strip(validity.REPLACEMENT)),
        validity.line(entry.uid),
    )


def _published(entry: Entry) -> datetime | None:
    """Leave out what cannot be: the epoch is a missing date in disguise, and nothing is seen before it is published."""
    found = entry.published
    if found is None or (found > entry.updated and found > entry.first_seen) or _MISSING[0] < found < _MISSING[1]:
        return None
    return _utc(found)


def _utc(at: datetime, microsecond: int = 0) -> datetime:
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)  # nearly always
    return utc if utc.microsecond == microsecond else utc.replace(microsecond=microsecond)


def _named(people: Iterable[Person]) -> Iterable[Person]:
    """Yield people with a name; without e-mail, which a feed would hand to harvesters."""
    for person in people:
        if name := validity.line(person.name):
            yield Person(name=name, role=person.role, uri=validity.uri(person.uri))


def _authors(entry: Entry, site: Site) -> tuple[Person, ...]:
    """Return who wrote it, else who published it: an Atom entry needs an author (RFC 4287 §4.1.1)."""
    from_people = tuple(_named(person for person in entry.people if person.role in WRITERS))
    if from_people:
        return from_people
    names = map(validity.line, (entry.publisher, entry.source_title, entry.source, site.title, "feedsvc"))
    return (Person(name=next(filter(None, names))),)


def _categories(paths: Iterable[CategoryPath], site: Site) -> Iterable[Category]:
    for path in paths:
        term, label = _category(path)
        if term:
            yield Category(term=term, label=label, scheme=site.category(path))


@lru_cache(maxsize=4096)  # the same paths over and over
def _category(path: CategoryPath) -> tuple[str, str]:
    """Return the term and the label of a category; "" when nothing of its names is left."""
    names = [name for name in map(validity.line, path) if name]
    return "/".join(names), names[-1] if names else ""


def _tags(entry: Entry) -> Iterable[Category]:
    """Yield tags that are not the name of one of the entry's categories: RSS readers show names alone."""
    if not entry.tags:
        return
    shown = {path[-1].casefold() for path in entry.categories if path}
    for tag in dict.fromkeys(map(validity.line, entry.tags)):
        if tag and tag.casefold() not in shown:
            yield Category(term=tag, label=tag)


def _enclosures(enclosures: Iterable[Enclosure]) -> Iterable[Enclosure]:
    for enclosure in enclosures:
        if address := validity.uri(enclosure.url):
            media_type = validity.line(enclosure.media_type) or _UNKNOWN_TYPE
            yield replace(enclosure, url=address, media_type=media_type, title=validity.line(enclosure.title))


def _origin(entry: Entry, site: Site) -> Origin | None:
    """Name the source of an entry that has a public site. Its id is that of our feed of it: its own is not kept."""
    page = validity.uri(entry.source_url)
    if not page:
        return None
    path = layout.source(entry.source)
    title = validity.line(entry.source_title) or validity.line(entry.source) or page
    return Origin(id=site.feed_id(path), title=title, feed=site.feed(path, "").removesuffix("."), page=page)


def _page(path: str) -> str:
    """Return the page of a feed that names none: a category has its own, the others share the front page."""
    return path if path.startswith(layout.CATEGORY) else ""
