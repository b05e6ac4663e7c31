"""What a page says of itself to machines: head, Open Graph, canonical address, language; pure.

Dates and authors are not read here: the elements that name them are passed on as `marks`, for the rules to judge.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from feedsvc.parsers.encodings import charset_of, decode, meta_charset, without_surrogates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MARKING = re.compile(r"(?:article:|og:(?:published|updated)|author|byl|date|publish|modified|created|dc\.|sailthru\.)")
_SCRIPT = 200_000  # characters of JSON-LD that are passed on
_METAS = 200
_TAGS = 30
_TITLE = 500  # characters
_DESCRIPTION = 2000  # characters
_SEPARATORS = (" - ", " | ", " – ", " — ", " · ", "_", " :: ", " » ")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What the head of a page says, "" where it says nothing; and its body."""

    body: str  # as HTML
    base_url: str
    title: str = ""
    description: str = ""
    canonical: str = ""
    image: str = ""
    publisher: str = ""
    language: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    marks: str = ""  # meta elements and JSON-LD that name dates and people, as HTML


def facts_of(text: str, url: str) -> PageFacts:
    """Read what the page at `url` says of itself; whatever it is, there is an answer."""
    tree = LexborHTMLParser(text)
    metas = _metas(tree)
    base = _base(tree, url)
    publisher = _first(metas, "og:site_name", "application-name")
    return PageFacts(
        body=(tree.body.html or "") if tree.body is not None else "",
        base_url=base,
        title=_title(tree, metas, publisher),
        description=_first(metas, "og:description", "description", "twitter:description")[:_DESCRIPTION],
        canonical=_canonical(tree, metas, base),
        image=_absolute(base, _first(metas, "og:image", "og:image:url", "og:image:secure_url", "twitter:image")),
        publisher=publisher,
        language=_language(tree, metas),
        section=_first(metas, "article:section"),
        tags=tuple(dict.fromkeys(metas.get("article:tag", ())))[:_TAGS],
        marks=_marks(tree),
    )


def text_of(body: bytes, media_type: str) -> str:
    """Return the text of a page.

    Raises:
        DocumentError: the bytes are no text.
    """
    return without_surrogates(decode(body, labels=(charset_of(media_type), meta_charset(body))).text)


def _metas(tree: Any) -> dict[str, list[str]]:  # noqa: ANN401 - selectolax has no types
    found: dict[str, list[str]] = {}
    for node in tree.css("meta[content]")[:_METAS]:
        given = node.attributes
        name = (given.get("property") or given.get("name") or "").strip().lower()
        content = " ".join((given.get("content") or "").split())
        if name and content:
            found.setdefault(name, []).append(content)
    return found


def _first(metas: Mapping[str, list[str]], *names: str) -> str:
    return next((metas[name][0] for name in names if name in metas), "")


def _title(tree: Any, metas: Mapping[str, list[str]], publisher: str) -> str:  # noqa: ANN401
    """Return the title of the article: what Open Graph says, the one heading, or the page's without the name of the site."""
    headings = tree.css("h1")
    heading = _words(headings[0]) if len(headings) == 1 else ""
    named = tree.css_first("head > title") or tree.css_first("title")
    title = _first(metas, "og:title", "twitter:title") or heading or (_words(named) if named is not None else "")
    return _without_site(title, publisher)[:_TITLE]


def _words(node: Any) -> str:  # noqa: ANN401
    return " ".join((node.text() or "").split())


def _without_site(title: str, publisher: str) -> str:
    for separator in _SEPARATORS:
        ending = f"{separator}{publisher}"
        if publisher and title.endswith(ending) and len(title) > len(ending):
            return title[: -len(ending)].strip()
    return title


def _base(tree: Any, url: str) -> str:  # noqa: ANN401
    named = tree.css_first("base[href]")
    return (_absolute(url, named.attributes.get("href") or "") if named is not None else "") or url


def _canonical(tree: Any, metas: Mapping[str, list[str]], base: str) -> str:  # noqa: ANN401
    """Return the page's own name for its address; one on another site, or the front page's, is a mistake of a template."""
    link = tree.css_first('link[rel="canonical"][href]')
    href = (link.attributes.get("href") or "") if link is not None else _first(metas, "og:url")
    address = _absolute(base, href)
    if not address or _host(address) != _host(base):
        return ""
    return address if urlsplit(address).path.strip("/") or not urlsplit(base).path.strip("/") else ""


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.")


def _absolute(base: str, href: str) -> str:
    try:
        address = urljoin(base, href.strip()) if href.strip() else ""
        usable = bool(urlsplit(address).hostname)
    except ValueError:
        return ""
    return address if usable and address.startswith(("http://", "https://")) else ""


def _language(tree: Any, metas: Mapping[str, list[str]]) -> str:  # noqa: ANN401
    root = tree.root
    said = (root.attributes.get("lang") or "") if root is not None else ""
    language = said.strip() or _first(metas, "og:locale", "content-language")
    return language.replace("_", "-") if _LANGUAGE.fullmatch(language) else ""


def _marks(tree: Any) -> str:  # noqa: ANN401
    return "".join((*_marking_metas(tree), *_linked_data(tree)))


def _marking_metas(tree: Any) -> Iterator[str]:  # noqa: ANN401
    for node in tree.css("meta[content]")[:_METAS]:
        given = node.attributes
        names = " ".join(given.get(name) or "" for name in ("property", "name", "itemprop")).lower()
        if _MARKING.search(names):
            kept = {name: given[name] or "" for name in ("property", "name", "itemprop", "content") if name in given}
            yield "<meta" + "".join(f' {name}="{html.escape(value)}"' for name, value in kept.items()) + ">"


def _linked_data(tree: Any) -> Iterator[str]:  # noqa: ANN401
    for node in tree.css('script[type="application/ld+json"]')[:_TAGS]:
        text = node.text() or ""
        if len(text) <= _SCRIPT:
            try:
                found = json.loads(text, strict=False)
            except (ValueError, RecursionError):
                continue
            written = json.dumps(found, ensure_ascii=False).replace("<", "\\u003c")
            yield f'<script type="application/ld+json">{written}</script>'
