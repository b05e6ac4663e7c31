"""Subscription lists (OPML 1.0 and 2.0): outlines into sources, folders into categories.

`read_outlines` and `sources_of` are pure; `load_subscriptions` fetches or opens the list. A list is no document of articles, so it
has no reader in `KINDS`: it stands for the feeds in it, each of which is read by its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass, replace
from html import unescape
from html.entities import html5
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feedsvc.errors import DocumentError, SourceError
from feedsvc.model.catalog import OPML_TYPE
from feedsvc.ports import FetchError
from feedsvc.sources.http.urls import public_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from feedsvc.model import CategoryPath, Source
    from feedsvc.ports import Fetch
    from feedsvc.sources.http.fetcher import Fetcher

MAX_OUTLINES = 10_000
MAX_DEPTH = 20  # folders in folders
MAX_TITLE = 500  # characters
MAX_URL = 2048  # characters
ACCEPT_OPML = f"{OPML_TYPE}, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
_AMPERSAND = re.compile(rb"&(#[0-9]{1,7};|#x[0-9a-fA-F]{1,6};|[a-zA-Z][a-zA-Z0-9]{0,31};)?")
_OF_XML = frozenset({b"amp;", b"lt;", b"gt;", b"quot;", b"apos;"})
_DECLARES_ENTITIES = re.compile(rb"<!(?:ENTITY|DOCTYPE[^>\[]{0,1000}\[)", re.IGNORECASE)
_ATTRIBUTE = re.compile(  # of an outline, not of HTML inside a value
    rb"(\s(?!(?:href|src|class|style|target|rel|alt|id|width|height)=)[A-Za-z_][A-Za-z0-9_:.-]{0,40}=\")"
)
_END_OF_TAG = re.compile(rb"\"\s*[/?]?>\s*(?:<|$)")
_NOT_IN_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One subscription."""

    url: str  # xmlUrl, http(s)
    title: str = ""
    site: str = ""  # htmlUrl
    folder: CategoryPath = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """A list as read: each address once, in document order, and what was left out with the reason."""

    outlines: tuple[Outline, ...]
    refused: tuple[str, ...] = ()


def read_outlines(body: bytes) -> Subscriptions:
    """Return the subscriptions of an OPML document, all of them or none.

    Raises:
        DocumentError: it is no XML or no OPML, declares entities, or is too large or too deep.
    """
    root = _root(body)
    found: dict[str, Outline] = {}
    refused: list[str] = []
    for outline in _outlines(root):
        if not outline.url.lower().startswith(("http://", "https://")) or len(outline.url) > MAX_URL:
            refused.append(f"{outline.title or 'an outline'}: {outline.url[:80]!r} is no address of the web")
        else:
            found.setdefault(outline.url, outline)
    return Subscriptions(outlines=tuple(found.values()), refused=tuple(refused))


def sources_of(listing: Source, subscriptions: Subscriptions) -> tuple[Source, ...]:
    """Return one feed source for each subscription, with the settings of `listing`.

    Its name comes from its address alone, so that it keeps its articles wherever in the list it moves to. The login of the
    list is not the login of its feeds.
    """
    fetch = replace(listing.fetch, headers={}, username="", password="", token="", cookies={})
    return tuple(
        replace(
            listing,
            name=source_name(outline.url),
            kind="feed",
            location=outline.url,
            title=outline.title,
            categories=(outline.folder,) if outline.folder else listing.categories,
            fetch=fetch,
        )
        for outline in subscriptions.outlines
    )


def source_name(url: str) -> str:
    """Return the name of the source at `url`: readable, and no other address has it."""
    shown = urlsplit(public_url(url))
    words = re.sub(r"[^a-z0-9]+", "-", f"{shown.hostname or ''}{shown.path}".lower())[:40].strip("-")
    return f"{words or 'feed'}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


async def load_subscriptions(source: Source, fetcher: Fetcher) -> tuple[Subscriptions, tuple[Fetch, ...]]:
    """Return the subscriptions of the list that `source` names, a file or an address, and the requests that it took.

    Raises:
        SourceError: it cannot be read, or is no OPML (kind "not-opml").
    """
    if source.remote:
        body, fetches = await _fetched(source, fetcher)
    else:
        body, fetches = await asyncio.to_thread(_opened, source), ()
    try:
        return read_outlines(body), fetches
    except DocumentError as error:
        message = f"source {source.name!r}: {public_url(source.location)}: {error}"
        raise SourceError(message, kind="not-opml") from error


async def _fetched(source: Source, fetcher: Fetcher) -> tuple[bytes, tuple[Fetch, ...]]:
    answer = await fetcher.fetch(source.moved_to or source.location, source.fetch, accept=ACCEPT_OPML)
    if answer.body is None:  # no condition was sent
        raise FetchError(f"{answer.url}: 304 without a reason", kind="protocol", fetches=answer.fetches)
    return answer.body, answer.fetches


def _opened(source: Source) -> bytes:
    path = Path(source.location)
    try:
        if not path.is_file():
            raise SourceError(f"source {source.name!r}: there is no file {source.location!r}", kind="missing")
        with path.open("rb") as file:
            body = file.read(source.fetch.max_bytes + 1)
    except OSError as error:
        raise SourceError(f"source {source.name!r}: {source.location!r}: {error.strerror}", kind="io") from error
    if len(body) > source.fetch.max_bytes:
        message = f"source {source.name!r}: {source.location!r} has more than {source.fetch.max_bytes} bytes"
        raise SourceError(message, kind="too-large")
    return body


# ---------------------------------------------------------------- XML


def _root(body: bytes) -> _Element:
    from lxml import etree  # noqa: PLC0415 - only lists need it

    if _DECLARES_ENTITIES.search(body):
        raise DocumentError("the list declares entities, which no OPML needs; remove its DOCTYPE")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body.strip(), parser)
    except etree.XMLSyntaxError:
        root = _mended(body)
    if etree.QName(root).localname.lower() != "opml":
        raise DocumentError(f"it is no OPML: its root is <{etree.QName(root).localname[:40]}>")
    return root


def _mended(body: bytes) -> _Element:
    """Parse again after the faults that exporters make: forbidden characters, and `&`, `<` and `"` left bare in values."""
    from lxml import etree  # noqa: PLC0415 - only lists need it

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    mended = _quoted(_AMPERSAND.sub(_reference, _NOT_IN_XML.sub(b"", body.strip())))
    try:
        return etree.fromstring(mended, parser)
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"it is no well-formed XML: {error.msg or 'it is empty'}") from error


def _reference(found: re.Match[bytes]) -> bytes:
    """Return a reference that XML knows: HTML's names as numbers, a bare `&` escaped."""
    name: bytes = found[1] or b""
    if name in _OF_XML or name.startswith(b"#"):
        return found[0]
    character = html5.get(name.decode(), "")
    return "".join(f"&#{ord(c)};" for c in character).encode() or b"&amp;" + name


def _quoted(body: bytes) -> bytes:
    """Escape what values hold: one ends where its tag does, else at the last quote before the next attribute."""
    before, *rest = _ATTRIBUTE.split(body)
    out = [before]
    for opening, piece in zip(rest[::2], rest[1::2], strict=True):
        end = found.start() if (found := _END_OF_TAG.search(piece)) else max(piece.rfind(b'"'), 0)
        value = piece[:end].replace(b"<", b"&lt;").replace(b'"', b"&quot;")
        out += [opening, value, piece[end:]]
    return b"".join(out)


def _outlines(root: _Element) -> Iterator[Outline]:
    waiting: list[tuple[_Element, CategoryPath, int]] = [(child, (), 0) for child in reversed(root)]
    count = 0
    while waiting:
        element, folder, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise DocumentError(f"it has folders more than {MAX_DEPTH} deep")
        below = folder
        if _is_outline(element):
            count += 1
            if count > MAX_OUTLINES:
                raise DocumentError(f"it has more than {MAX_OUTLINES} outlines; split it")
            outline = _outline(element, folder)
            if outline.url:
                yield outline
            elif outline.title:
                below = (*folder, outline.title.replace("/", "\u2215"))  # the separator of paths
        waiting.extend((child, below, depth + 1) for child in reversed(element))


def _is_outline(element: _Element) -> bool:
    return isinstance(element.tag, str) and element.tag.rpartition("}")[2].lower() == "outline"


def _outline(element: _Element, folder: CategoryPath) -> Outline:
    said = {str(name).lower(): " ".join(str(value).split()) for name, value in element.attrib.items()}
    title = unescape(
        said.get("title") or said.get("text", "")
    )  # may hold encoded HTML (OPML 2.0, "The text attribute")
    return Outline(
        url=said.get("xmlurl", ""),
        title=" ".join(title.split())[:MAX_TITLE],
        site=said.get("htmlurl", ""),
        folder=folder or _category(said.get("category", "")),
    )


def _category(attribute: str) -> CategoryPath:
    """Return the first path of an OPML 2.0 `category` ("/Boston/Weather,tourism")."""
    return tuple(part.strip() for part in attribute.partition(",")[0].split("/") if part.strip())
