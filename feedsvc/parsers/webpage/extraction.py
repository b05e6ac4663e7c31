"""The article in a page, without what stands around it: trafilatura's fast way; pure.

Where that takes the whole page, which has nothing to tell the article by, the page is narrowed to the element that holds the
text first.
"""

from __future__ import annotations

import functools
import html
import re
from typing import TYPE_CHECKING, Any

from selectolax.lexbor import LexborHTMLParser

from feedsvc.errors import DocumentError, missing_library

if TYPE_CHECKING:
    from collections.abc import Container

_FURNITURE = ["nav", "footer", "aside", "dialog", "script", "style"]
_ASKING = "[class*=subscribe], [class*=newsletter], [class*=cookie], [id*=cookie]"  # for an address, or for leave
_SMALL = 400  # characters of what asks; more is a part of the article
_WHOLE = 0.9  # of the letters of a page: nothing was taken away
_BESIDE = 60  # characters in one element beside the main one that are no furniture
_MOST = 0.6  # of the text of an element that its main part holds
_DEEPEST = 30  # steps down to the main text
_TEXT = frozenset(("p", "ul", "ol", "pre", "blockquote", "h1", "h2", "h3"))  # a part of the text, not a place for it
_TAG = re.compile(r"<[^<>]{0,2000}>")
_SHORTEST = "40"  # characters of an article


def article_of(text: str, url: str) -> str:
    """Return the HTML of the article in a page, links absolute, "" where there is none.

    Raises:
        DocumentError: trafilatura is not installed.
    """
    tree = _without_furniture(text)
    found = _extracted(tree.html or "", url)
    if tree.body is None or _letters(found) < _WHOLE * len("".join((tree.body.text() or "").split())):
        return found
    dense = _dense(tree.body)
    narrowed = _extracted(f"<html><body>{dense.html or ''}</body></html>", url)
    return narrowed if _letters(narrowed) >= _WHOLE * len("".join((dense.text() or "").split())) else found


def _extracted(text: str, url: str) -> str:
    try:
        import trafilatura  # noqa: PLC0415 - 200 ms, and an extra of the package: only pages need it
    except ImportError as error:
        raise DocumentError(f"missing library: {missing_library(error.name or 'trafilatura', 'fulltext')}") from error
    found = trafilatura.extract(
        text,
        config=_settings(),
        url=url or None,
        fast=True,
        output_format="html",
        include_comments=False,
        include_images=True,
        include_links=True,
        include_formatting=True,
        include_tables=True,
    )
    return _inside_body(found or "")


@functools.cache
def _settings() -> Any:  # noqa: ANN401 - a ConfigParser, as trafilatura wants it
    """Return trafilatura's settings, but for short articles, which it would take the text of the whole page for."""
    from trafilatura.settings import use_config  # noqa: PLC0415 - as above

    settings = use_config()
    settings.set("DEFAULT", "MIN_EXTRACTED_SIZE", _SHORTEST)
    return settings


def _without_furniture(text: str) -> Any:  # noqa: ANN401 - selectolax has no types
    tree = LexborHTMLParser(text)
    tree.strip_tags(_FURNITURE)
    asking = {node.mem_id: node for node in tree.css(_ASKING) if _is_small(node)}
    outermost = [node for node in asking.values() if not _is_inside(node, asking)]  # what is inside goes with it
    for node in outermost:
        node.decompose()
    return tree


def _is_small(node: Any) -> bool:  # noqa: ANN401
    return node.tag not in ("html", "body") and len(node.text() or "") < _SMALL


def _is_inside(node: Any, others: Container[int]) -> bool:  # noqa: ANN401
    above = node.parent
    while above is not None:
        if above.mem_id in others:
            return True
        above = above.parent
    return False


def _dense(body: Any) -> Any:  # noqa: ANN401
    """Return the element that holds the text, going down as long as nothing but furniture stands beside it."""
    node = body
    for _ in range(_DEEPEST):
        inside = [child for child in node.iter() if child.tag[0] != "-"]
        main = max(inside, key=lambda child: len(child.text() or ""), default=None)
        if main is None or main.tag in _TEXT or not _stands_alone(node, main):
            return node
        node = main
    return node


def _stands_alone(node: Any, main: Any) -> bool:  # noqa: ANN401
    """Return whether an element says nearly all that the one around it says, and nothing beside it, links aside, is a sentence."""
    if len(main.text() or "") < _MOST * len(node.text() or ""):
        return False
    others = (child for child in node.iter(include_text=True) if child.mem_id != main.mem_id)
    return all(len((child.text() or "").strip()) - _linked(child) <= _BESIDE for child in others)


def _linked(node: Any) -> int:  # noqa: ANN401
    return sum(len(link.text() or "") for link in node.css("a")) if node.tag[0] != "-" else 0


def _letters(markup: str) -> int:
    return len("".join(html.unescape(_TAG.sub("", markup)).split()))


def _inside_body(document: str) -> str:
    start, end = document.find("<body>"), document.rfind("</body>")
    return document[start + len("<body>") : end].strip() if 0 <= start < end else ""
