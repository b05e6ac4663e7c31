"""OPML 2.0 of all feeds, for import into a reader. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from feedsvc.formats import gate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from feedsvc.formats.item import Head

MEDIA_TYPE = "text/x-opml"


def document(title: str, groups: Sequence[tuple[str, Sequence[tuple[Head, str]]]]) -> bytes:
    """Return the index of feeds: each group has a name ("" for none) and its heads, each with the format to name.

    The head of the document has no date: it would be the clock's.
    """
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        f"<head><title>{_text(title)}</title></head>",
        "<body>",
        *(line for name, feeds in groups for line in _group(name, feeds)),
        "</body>",
        "</opml>",
        "",
    ]
    return "\n".join(lines).encode()


def _group(name: str, feeds: Sequence[tuple[Head, str]]) -> Iterator[str]:
    outlines = [_outline(head, form) for head, form in feeds]
    if name and outlines:
        outlines = [f"<outline text={_attribute(name)}>", *outlines, "</outline>"]
    yield from outlines


def _outline(head: Head, form: str) -> str:
    """Return one subscription; `type` is "rss" for every format (OPML 2.0, "Subscription lists")."""
    title, address, page = map(_attribute, (head.title, head.location(form), head.page))
    language = f" language={_attribute(head.language)}" if head.language else ""
    return f'<outline type="rss" text={title} title={title} xmlUrl={address} htmlUrl={page}{language}/>'


def _attribute(text: str) -> str:
    return quoteattr(gate.line(text))


def _text(text: str) -> str:
    return gate.line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
