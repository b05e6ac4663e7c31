"""What the strict readers of RSS and Atom share: names without regard to the spelling of namespaces, text, markup; pure.

To add a namespace: one line in `_FAMILIES`.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from feedsvc.parsers.encodings import mend_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# lxml has no types: an Element is Any here
Element = Any
Children = dict[str, list[Element]]

_FAMILIES: dict[str, str] = {
    "": "",
    "http://backend.userland.com/rss2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://cyber.law.harvard.edu/rss/": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://www.w3.org/2005/atom": "atom:",
    "http://purl.org/atom/ns#": "atom:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/elements/1.0/": "dc:",
    "http://purl.org/dc/terms/": "dc:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://search.yahoo.com/mrss": "media:",
    "http://www.rssboard.org/media-rss": "media:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
    "http://purl.org/rss/1.0/modules/syndication/": "sy:",
    "http://prismstandard.org/namespaces/1.2/basic/": "prism:",
    "http://prismstandard.org/namespaces/basic/1.2/": "prism:",
    "http://prismstandard.org/namespaces/basic/2.0/": "prism:",
    "http://prismstandard.org/namespaces/basic/2.1/": "prism:",
    "http://prismstandard.org/namespaces/basic/3.0/": "prism:",
    "http://news.yandex.ru": "yandex:",
    "http://news.yandex.ru/": "yandex:",
    "http://turbo.yandex.ru": "turbo:",
    "http://www.google.com/schemas/play-podcasts/1.0": "googleplay:",
    "http://www.google.com/schemas/play-podcasts/1.0/": "googleplay:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
}
_LANG, _BASE = "{http://www.w3.org/XML/1998/namespace}lang", "{http://www.w3.org/XML/1998/namespace}base"
_ATOM_TYPE = "{http://www.w3.org/2005/Atom}type"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_NAMESPACES = re.compile(r'\sxmlns(?::[\w.-]{1,60})?="[^"]*"')
_PREFIXES = re.compile(r"(</?)[\w.-]{1,60}:(?=[\w.-])")
_MARKUP_TYPES = ("html", "xhtml", "text/html", "application/xhtml+xml", "escaped", "xml")


@lru_cache(maxsize=4096)
def name_of(tag: str) -> str:
    """Return the name of an element as `family:local` ("title", "dc:creator"); unknown namespaces as "?:local"."""
    namespace, _, local = tag.rpartition("}")
    return _FAMILIES.get(namespace.lstrip("{").lower(), "?:") + local


def children_of(element: Element) -> Children:
    """Return the child elements by name, in document order."""
    found: Children = {}
    for child in element:
        found.setdefault(name_of(child.tag), []).append(child)
    return found


def each(children: Children, *names: str) -> list[Element]:
    """Return the elements of these names, name by name."""
    return [element for name in names if name in children for element in children[name]]


def first_text(children: Children, *names: str) -> str:
    """Return the text of the first element of these names that has any."""
    for name in names:
        for element in children.get(name, ()):
            text = text_of(element)
            if text:
                return text
    return ""


def last_text(children: Children, *names: str) -> str:
    """Return the text of the last element of the first of these names that has any; what comes later corrects."""
    for name in names:
        for element in reversed(children.get(name) or []):
            text = text_of(element)
            if text:
                return text
    return ""


def text_of(element: Element) -> str:
    """Return the character data of an element, stripped; that of its children is left out."""
    text = element.text
    return mend_field(text.strip()) if text else ""


def markup_of(element: Element) -> str:
    """Return what an element of RSS holds: its text, which is HTML, or its children written out."""
    if not len(element):
        return text_of(element)
    return _written(element)


def atom_text(element: Element) -> tuple[str, bool]:
    """Return an Atom text construct or content and whether it is markup (RFC 4287, sections 3.1 and 4.1; Atom 0.3's `mode`)."""
    # some write the attribute with a prefix of Atom's own namespace, where RFC 4287 has none
    kind = (element.get("type") or element.get(_ATOM_TYPE) or "text").strip().lower()
    if len(element):
        return _written(_only_div(element)), True
    text = text_of(element)
    mode = (element.get("mode") or "").lower()
    if mode == "base64" or ("/" in kind and not kind.startswith("text/") and not kind.endswith("xml")):
        return _from_base64(text), True
    if mode == "xml" and kind not in ("text", "text/plain"):
        return _escaped(text), True
    return text, kind in _MARKUP_TYPES or (mode == "escaped" and kind != "text/plain")


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _only_div(element: Element) -> Element:
    """Return the wrapper that XHTML content has to have, which is no part of the content."""
    alone = len(element) == 1 and not (element.text or "").strip() and name_of(element[0].tag) == "xhtml:div"
    return element[0] if alone else element


def _written(element: Element) -> str:
    from lxml import etree  # noqa: PLC0415 - loaded by whoever made the element

    parts = (etree.tostring(child, encoding="unicode", with_tail=True) for child in element)
    text = _escaped(element.text or "") + "".join(parts)
    return mend_field(_PREFIXES.sub(r"\1", _NAMESPACES.sub("", text)).strip())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def language_of(element: Element) -> str:
    """Return the nearest `xml:lang`, "" when there is none."""
    return next((lang for e in _upwards(element) if (lang := e.get(_LANG))), "")


def bases_of(element: Element) -> tuple[str, ...]:
    """Return every `xml:base` that applies, outermost first (XML Base, section 4)."""
    return tuple([base for e in _upwards(element) if (base := e.get(_BASE))][::-1])


def about(element: Element) -> str:
    """Return `rdf:about`, "" when there is none."""
    return str(element.get(f"{_RDF}about") or "").strip()


def _upwards(element: Element) -> Iterable[Element]:
    while element is not None:
        yield element
        element = element.getparent()


def attribute(element: Element, name: str) -> str:
    """Return an attribute, stripped, "" when there is none."""
    attributes: Mapping[str, str] = element.attrib
    return (attributes.get(name) or "").strip()
