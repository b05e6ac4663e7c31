"""Markup that is nearly XML -> markup that an XML parser may take; pure, one pass each, linear.

    prologue -> cut to the feed | control characters, bare ampersands, HTML's entities -> one more try

The document type goes first. Of the entities that it defines, plain words are put in where they are named, once and within
limits: so none can grow and none can name a file.
"""

from __future__ import annotations

import html.entities
import re
import sys
from typing import TYPE_CHECKING

from feedsvc.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROOT = re.compile(r"<((?:[A-Za-z][\w.-]{0,30}:)?(?:rss|feed|rdf|channel))(?=[\s>/])", re.IGNORECASE)
_DOCTYPE_END = re.compile(r"[\[>]")
_SUBSET_END = re.compile(r"\]\s{0,99}>")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_AMPERSAND = re.compile(r"&(?:#(?P<decimal>\d{1,9});|#[xX](?P<hex>[0-9a-fA-F]{1,8});|(?P<name>[A-Za-z][\w]{0,31});)?")
_NUMBERED = re.compile(r"&(?:#(?P<decimal>\d{1,9});|#[xX](?P<hex>[0-9a-fA-F]{1,8});)(?P<name>)")
_CLOSED = (("<![CDATA[", "]]>"), ("<!--", "-->"), ("<?", "?>"))
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_HTML_START = re.compile(r"<(?:!doctype\s+html|html|head)\b", re.IGNORECASE)
_PAGES = {
    "": "a web page; use the address of its feed, or a source of kind `page`",
    "rsshub": "an error page of RSSHub; look at the address in a browser",
}
_OTHERS = {
    "opml": "a list of subscriptions; use a source of kind `opml`",
    "urlset": "a sitemap; use a source of kind `sitemap`",
    "sitemapindex": "a sitemap; use a source of kind `sitemap`",
}
_OTHER = re.compile(rf"<({'|'.join(_OTHERS)})[\s>]", re.IGNORECASE)
_ENTITY = re.compile(r"""<!ENTITY\s{1,9}([A-Za-z]\w{0,30})\s{1,9}("[^"&%<]{0,200}"|'[^'&%<]{0,200}')\s{0,9}>""")
_MOST_EXPANDED = 1 << 20  # characters of entities put in
_NEAR = 4096  # characters in which the root of a feed is looked for


def feed_markup(text: str) -> str:
    """Return `text` from the root element of its feed on: no XML declaration, no document type, no comment before it.

    Raises:
        DocumentError: there is no root of a feed.
    """
    start = _prologue_end(text)
    root = _ROOT.match(text, start)
    if not root:
        root = _ROOT.search(text, start)
        page = _HTML_START.search(text, start, root.start() if root else start + _NEAR)
        if page or not root:
            raise DocumentError(f"not a feed: {_what_it_is(text[start:], html=bool(page))}")
    return _expanded(text[root.start() :], dict(_ENTITY.findall(text, 0, root.start())))


def _expanded(markup: str, entities: Mapping[str, str]) -> str:
    """Put the document's own entities in where they are named, outside CDATA sections; all stay where that would be much text."""
    if not entities:
        return markup
    named = re.compile(f"&({'|'.join(entities)});")
    first, *sections = markup.split("<![CDATA[")
    if sum(len(entities[name]) for name in named.findall(markup)) > _MOST_EXPANDED:
        return markup
    expanded = [named.sub(lambda found: entities[found[1]].strip("\"'"), first)]
    for section in sections:
        inside, end, outside = section.partition("]]>")
        expanded += (f"<![CDATA[{inside}{end}", named.sub(lambda found: entities[found[1]].strip("\"'"), outside))
    return "".join(expanded)


def _prologue_end(text: str) -> int:
    """Return where the declaration, comments and document type at the head end."""
    position, length = 0, len(text)
    while position < length:
        if text[position] in "\ufeff \t\r\n\x00":
            position += 1
            continue
        end = _misc_end(text, position)
        if end < 0:
            return position
        position = end
    return position


def _misc_end(text: str, start: int) -> int:
    for opening, closing in _CLOSED[1:]:
        if text.startswith(opening, start):
            end = text.find(closing, start)
            return end + len(closing) if end >= 0 else -1
    if text[start : start + 9].upper() == "<!DOCTYPE" and not _HTML_START.match(text, start):
        return _doctype_end(text, start)
    return -1


def _doctype_end(text: str, start: int) -> int:
    found = _DOCTYPE_END.search(text, start)
    if found and found[0] == "[":
        found = _SUBSET_END.search(text, found.end())
    return found.end() if found else -1


def _what_it_is(text: str, *, html: bool) -> str:
    if html:
        return _PAGES["rsshub" if "RSSHub" in text[:_NEAR] else ""]
    other = _OTHER.match(text)
    if other:
        return _OTHERS[other[1].lower()]
    return (
        f"neither RSS nor Atom nor JSON Feed: it begins with {text[:40]!r}" if text.strip() else "the document is empty"
    )


def possible(markup: str) -> str:
    """Return `markup` without characters, and references to characters, that no text can hold."""
    return _FORBIDDEN.sub("", _NUMBERED.sub(_reference, markup))


def repaired(markup: str) -> str:
    """Return `markup` without what XML forbids, with ampersands escaped, and ending where its root does."""
    root = _ROOT.match(markup)
    end = markup.rfind(f"</{root[1]}") if root else -1
    if end > 0:
        markup = markup[: (markup.find(">", end) + 1) or len(markup)]
    return "".join(_mended(_FORBIDDEN.sub("", markup)))


def _mended(markup: str) -> list[str]:
    """Escape outside CDATA sections and comments; a section that never ends is text."""
    parts, position = list[str](), 0
    unending = set[str]()
    for found in re.finditer(r"<!\[CDATA\[|<!--", markup):
        start, opening = found.start(), found[0]
        if start < position or opening in unending:
            continue
        closing = "]]>" if opening != "<!--" else "-->"
        end = markup.find(closing, found.end())
        if end < 0:
            unending.add(opening)
            continue
        end += len(closing)
        parts += (_escaped(markup[position:start]), markup[start:end])
        position = end
    return [*parts, _escaped(markup[position:])]


def _escaped(text: str) -> str:
    return _AMPERSAND.sub(_reference, text)


def _reference(found: re.Match[str]) -> str:
    """Return a reference that XML knows: HTML's names as numbers, what stands for no character as nothing."""
    if found["name"]:
        return _named(found["name"])
    if found["decimal"] or found["hex"]:
        code = int(found["decimal"]) if found["decimal"] else int(found["hex"], 16)
        return found[0] if code <= sys.maxunicode and not _FORBIDDEN.match(chr(code)) else ""
    return "&amp;"


def _named(name: str) -> str:
    if name in _XML_NAMES:
        return f"&{name};"
    characters = html.entities.html5.get(f"{name};")
    return "".join(f"&#{ord(c)};" for c in characters) if characters else f"&amp;{name};"
