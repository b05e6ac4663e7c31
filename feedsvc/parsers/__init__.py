"""Bytes -> `Draft`: what a document says, in whatever form it says it; pure.

    RawDocument -> accepts (locator, media type, first bytes) -> parse -> Parsed

The first parser in `PARSERS` that accepts a document parses it.
To add a form of document: one file (or folder) with `parse` and one line in `PARSERS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedsvc.parsers import frontmatter, syndication

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.model import Parsed, RawDocument

_FILE_EXTENSIONS = (".md", ".markdown", ".mdown", ".mkd", ".html", ".htm", ".xhtml", ".txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """One form of document. `parse` raises `DocumentError` and nothing else."""

    name: str
    accepts: Callable[[RawDocument], bool]
    parse: Callable[[RawDocument], Parsed]


def _is_post(raw: RawDocument) -> bool:
    """Return whether it is a file of a content directory; an address that ends in .html is none."""
    return "://" not in raw.locator and raw.locator.lower().endswith(_FILE_EXTENSIONS)


PARSERS: tuple[Parser, ...] = (
    Parser(name="front matter", accepts=_is_post, parse=frontmatter.parse),
    Parser(name="syndication", accepts=lambda _: True, parse=syndication.parse),  # says itself what is no feed
)


def parse(raw: RawDocument) -> Parsed:
    """Return the drafts of one document, in document order, and what it says of itself.

    Raises:
        DocumentError: nothing can be understood; the message begins with the kind of failure ("encoding: ...",
            "front-matter: ...", "not a feed: ...", "empty: ...", "too large: ..."). Whatever the bytes, nothing else
            is raised.
    """
    return next(parser for parser in PARSERS if parser.accepts(raw)).parse(raw)
