"""Sitemaps (sitemaps.org 0.9, with Google's news and image extensions) -> addresses and drafts; pure.

Namespaces are not looked at: half of the sitemaps in the wild have the wrong ones. No entity is resolved.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feedsvc.errors import DocumentError
from feedsvc.model import Draft
from feedsvc.parsers.encodings import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from feedsvc.model import RawDocument

_MAX_URL = 2048  # characters (sitemaps.org)
_MOST = 0.5  # share of the entries with one and the same lastmod from which on it is the time of the machine
_MANY = 10  # entries below which that is no evidence
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """Another sitemap that an index names."""

    url: str
    lastmod: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """One file: further sitemaps, or a draft for each page; `news` = a window of the last days."""

    children: tuple[Child, ...] = ()
    drafts: tuple[Draft, ...] = ()
    news: bool = False


def read_sitemap(raw: RawDocument) -> Sitemap:
    """Return what a sitemap says, all of its addresses in document order, each once: more than the 50,000 of sitemaps.org too.

    A `lastmod` that most entries share is when the file was written, not when a page changed, and is left out.

    Raises:
        DocumentError: it is neither XML nor a list of addresses.
    """
    body = raw.body.strip()
    if body.startswith((b"http://", b"https://")):
        return Sitemap(drafts=tuple(_addresses(raw, body)))
    root = _root(body)
    kind = _name(root)
    if kind == "sitemapindex":
        return Sitemap(children=tuple(_children(root)))
    if kind != "urlset":
        raise DocumentError(f"not a sitemap: its root is <{kind[:40]}>")
    drafts = {draft.link: draft for draft in _drafts(raw, root)}
    return Sitemap(drafts=_with_true_dates(tuple(drafts.values())), news=any(d.published for d in drafts.values()))


def _root(body: bytes) -> _Element:
    from lxml import etree  # noqa: PLC0415 - only sitemaps need it

    if _ENTITY.search(body):
        raise DocumentError("not a sitemap: it declares entities")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"not a sitemap: {error.msg or 'it is empty'}") from error
    if root is None:
        raise DocumentError("not a sitemap: there is no XML in it")
    return root


def _addresses(raw: RawDocument, body: bytes) -> Iterator[Draft]:
    lines = dict.fromkeys(decode(body).text.split())
    return (_draft(raw, line) for line in lines if _is_address(line))


def _children(root: _Element) -> Iterator[Child]:
    for element in _named(root, "sitemap"):
        said = _texts(element)
        if _is_address(said.get("loc", "")):
            yield Child(url=said["loc"], lastmod=said.get("lastmod", ""))


def _drafts(raw: RawDocument, root: _Element) -> Iterator[Draft]:
    for element in _named(root, "url"):
        said = _texts(element)
        if _is_address(said.get("loc", "")):
            yield replace(
                _draft(raw, said["loc"]),
                updated=said.get("lastmod", ""),
                published=said.get("publication_date", ""),
                title=said.get("news:title", ""),
                publisher=said.get("news:name", ""),
                language=said.get("language", ""),
                tags=tuple(tag for each in said.get("keywords", "").split(",") if (tag := each.strip())),
                image=said.get("image:loc", ""),
                summary=said.get("image:caption", "") or said.get("image:title", ""),
            )


def _draft(raw: RawDocument, url: str) -> Draft:
    return Draft(source=raw.source, locator=url, form="html", fetched_at=raw.fetched_at, link=url, base_url=url)


def _named(root: _Element, name: str) -> Iterator[_Element]:
    return (element for element in root.iterchildren() if isinstance(element.tag, str) and _name(element) == name)


def _texts(element: _Element) -> dict[str, str]:
    """Return what stands in an entry: its own elements by name, those of news and of the first image by both names."""
    found: dict[str, str] = {}
    for child in element.iterdescendants():
        if not isinstance(child.tag, str) or not (text := " ".join((child.text or "").split())):
            continue
        name, owner = _name(child), child.getparent()
        group = {"news": "news", "publication": "news", "image": "image"}.get(_name(owner) if owner is not None else "")
        if group and name in ("title", "name", "loc", "caption"):
            name = f"{group}:{name}"
        found.setdefault(name, text)
    return found


def _name(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://")) and len(text) <= _MAX_URL


def _with_true_dates(drafts: tuple[Draft, ...]) -> tuple[Draft, ...]:
    counts = Counter(draft.updated for draft in drafts if draft.updated)
    if len(drafts) < _MANY or not counts:
        return drafts
    lastmod, number = counts.most_common(1)[0]
    if number <= _MOST * len(drafts):
        return drafts
    return tuple(replace(draft, updated="") if draft.updated == lastmod else draft for draft in drafts)
