"""OPML 2.0: all our feeds, for import into a reader, and what we subscribe to ourselves. Pure."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from feedsvc.formats import validity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from feedsvc.formats.item import Head
    from feedsvc.model import CategoryPath, Source

_MARKUP = re.compile(r"<|&[#\w]")


def document(title: str, groups: Sequence[tuple[str, Sequence[tuple[Head, str]]]]) -> bytes:
    """Return the index of feeds: each group has a name ("" for none) and its heads, each with the format to name.

    The head of the document has no date: it would be the clock's.
    """
    return _whole(title, (line for name, feeds in groups for line in _group(name, feeds)))


def subscriptions(title: str, sources: Iterable[Source]) -> bytes:
    """Return `sources` as a subscription list, each in the folder of its first category, in the order that they have.

    It holds the addresses as they are configured, secrets too: it is for its owner, not for publishing.
    """
    folders: dict[CategoryPath, list[str]] = {}
    for source in sources:
        name, address = _shown(source.title or source.name), _attribute(source.location)
        folder = source.categories[0] if source.categories else ()
        folders.setdefault(folder, []).append(f'<outline type="rss" text={name} title={name} xmlUrl={address}/>')
    return _whole(title, (line for folder, outlines in folders.items() for line in _folder(folder, outlines)))


def _folder(names: CategoryPath, outlines: Sequence[str]) -> list[str]:
    return [*(f"<outline text={_shown(name)}>" for name in names), *outlines, *("</outline>" for _ in names)]


def _whole(title: str, lines: Iterable[str]) -> bytes:
    head = f"<head><title>{_text(title)}</title></head>"
    opening = ('<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', head, "<body>")
    return "\n".join([*opening, *lines, "</body>", "</opml>", ""]).encode()


def _group(name: str, feeds: Sequence[tuple[Head, str]]) -> Iterator[str]:
    outlines = [_outline(head, form) for head, form in feeds]
    if name and outlines:
        outlines = [f"<outline text={_shown(name)}>", *outlines, "</outline>"]
    yield from outlines


def _outline(head: Head, form: str) -> str:
    """Return one subscription; `type` is "rss" for every format (OPML 2.0, "Subscription lists")."""
    title, address, page = _shown(head.title), _attribute(head.location(form)), _attribute(head.page)
    language = f" language={_attribute(head.language)}" if head.language else ""
    return f'<outline type="rss" text={title} title={title} xmlUrl={address} htmlUrl={page}{language}/>'


def _shown(text: str) -> str:
    """Return a text for people as an attribute, as HTML where it could be taken for that (OPML 2.0, "Text attribute")."""
    shown = validity.line(text)
    return quoteattr(html.escape(shown, quote=False) if _MARKUP.search(shown) else shown)


def _attribute(text: str) -> str:
    return quoteattr(validity.line(text))


def _text(text: str) -> str:
    return validity.line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
