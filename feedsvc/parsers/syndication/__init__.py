"""A feed -> drafts: RSS 0.9x to 2.0, RSS 1.0 (RDF), Atom 0.3 and 1.0, JSON Feed; pure.

    guards -> decode -> JSON?  -> jsonfeed
                     -> markup -> strict (lxml) -> repair once -> strict again -> guards -> loose (feedparser) -> items -> Draft

Each reader hands over on the least doubt. What had to be mended to read the document is said in `Parsed.repairs`.
To add a format: one file with `read(...) -> Reading` and one line in `_read` below.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from feedsvc.errors import DocumentError
from feedsvc.model import Draft, FeedHead, Parsed
from feedsvc.parsers.encodings import charset_of, decode, undo_double
from feedsvc.parsers.syndication import feed_limits, items, jsonfeed, loose, strict, xml_repair

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.model import RawDocument
    from feedsvc.parsers.syndication.result import FeedContents

_ATTEMPTS: tuple[tuple[Callable[[str], str], tuple[str, ...]], ...] = (
    (str, ()),
    (xml_repair.repaired, ("malformed XML: characters escaped",)),
)
_PARTLY = "malformed XML: read as far as it goes"
_CUT = "malformed: no parser takes the feed whole, and some of it may be left out; tell its publisher"
_DECLARED = re.compile(rb"""<\?xml[^<>]{0,200}?encoding\s*=\s*["']\s*([\w.:-]{1,40})""")


def parse(raw: RawDocument) -> Parsed:
    """Return the drafts of a feed, all of them, in document order: as many as its bytes hold.

    Raises:
        DocumentError: it is no feed, or costs too much.
    """
    reading, mended = read(raw)
    drafts, left = _drafts(raw, reading)
    return Parsed(drafts=drafts, head=reading.head, repairs=(*mended, *left), cuts=(_CUT,) if _PARTLY in mended else ())


def read(raw: RawDocument) -> tuple[FeedContents, tuple[str, ...]]:
    """Return every item of a feed as it says it, even one that says nothing, and what had to be mended.

    Raises:
        DocumentError: see `parse`.
    """
    feed_limits.check_bytes(raw.body)
    text, notes = text_of(raw)
    reading, mended = _read(text)
    return replace(reading, head=_head(raw, reading)), (*notes, *mended)


def text_of(raw: RawDocument) -> tuple[str, tuple[str, ...]]:
    """Return the text of a feed and what had to be mended in its encoding."""
    declared = _DECLARED.search(raw.body[:512])
    labels = (charset_of(raw.media_type), declared[1].decode("ascii", "ignore") if declared else "")
    decoded = decode(raw.body, labels=labels)
    text, twice = undo_double(decoded.text)
    return text, (*(f"encoding: {r.before}" for r in decoded.repairs), *twice)


def _head(raw: RawDocument, reading: FeedContents) -> FeedHead:
    """Return what the feed says of itself with its addresses absolute."""
    head = reading.head
    base = items.base_of(raw, FeedHead(), reading.bases)
    site, hub, following = (items.absolute(base, link) for link in (head.link, head.hub, head.next_page))
    return replace(head, link=site, hub=hub, next_page=following)


def _read(text: str) -> tuple[FeedContents, tuple[str, ...]]:
    """Read by the first reader that can; the second value says what was mended for it."""
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return jsonfeed.read(text.lstrip("\ufeff \t\r\n")), ()
    markup = xml_repair.feed_markup(text)
    for mend, note in _ATTEMPTS:
        try:
            return strict.read(mend(markup)), note
        except strict.UnsureError:
            continue
    feed_limits.check_loose(markup)
    try:
        return loose.read(xml_repair.possible(markup)), ("malformed XML: read by feedparser",)
    except DocumentError as error:
        return _recovered(markup, error), (_PARTLY,)


def _recovered(markup: str, error: DocumentError) -> FeedContents:
    """Return what libxml2 saves of a feed that feedparser gives up; raise `error` when that is nothing."""
    try:
        found = strict.read(xml_repair.repaired(markup), recover=True)
    except strict.UnsureError:
        raise error from None
    if not found.total:
        raise error
    return found


def _drafts(raw: RawDocument, reading: FeedContents) -> tuple[tuple[Draft, ...], tuple[str, ...]]:
    drafts = (items.draft(raw, reading.form, reading.head, item) for item in reading.items)
    speaking = tuple(one for one in drafts if items.says_something(one))
    silent = reading.total - len(speaking)
    return speaking, (f"empty: {silent} items that say nothing left out",) if silent else ()
