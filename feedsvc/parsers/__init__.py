"""Bytes -> `Draft`: what a document says, in whatever form it says it; pure.

    RawDocument -> accepts (locator, media type, first bytes) -> parse -> Parsed

The first parser in `PARSERS` that accepts a document parses it.
To add a parser: one file (or folder) with `parse`, one line in `PARSERS`, and one in `feedsvc.model.catalog.FORMS` for each
new `Draft.form`. A parser for documents that only one kind of source has is named by that kind: `catalog.Kind.parser`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feedsvc.model import catalog
from feedsvc.model.members import Members, callable_member
from feedsvc.parsers import bundles, frontmatter, syndication, webpage

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.model import Parsed, RawDocument, Source

_FILE_EXTENSIONS = (".md", ".markdown", ".mdown", ".mkd", ".html", ".htm", ".xhtml", ".txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """One form of document. `parse` raises `DocumentError` and nothing else. The source is None where it plays no part."""

    name: str
    accepts: Callable[[RawDocument, Source | None], bool]
    parse: Callable[[RawDocument, Source | None], Parsed]


def _is_post(raw: RawDocument) -> bool:
    """Return whether it is a file of a content directory; an address that ends in .html is none."""
    return "://" not in raw.locator and raw.locator.lower().endswith(_FILE_EXTENSIONS)


# The parsers that kinds of sources bring, by the name of the kind.
_OWN = Members({name: kind.parser for name, kind in catalog.KINDS.items() if kind.parser}, callable_member)


def _of_kind(name: str) -> Parser:
    """Return the parser that the kind `name` brings; it is imported when the first document of such a source is parsed."""
    return Parser(
        name=name,
        accepts=lambda _, source: source is not None and source.kind == name,
        parse=lambda raw, source: _OWN[name](raw, source),  # noqa: PLW0108 - imported when it is called
    )


PARSERS: tuple[Parser, ...] = (
    Parser(name="front matter", accepts=lambda raw, _: _is_post(raw), parse=lambda raw, _: frontmatter.parse(raw)),
    Parser(name="web page", accepts=lambda raw, _: webpage.accepts(raw), parse=webpage.parse),
    *map(_of_kind, _OWN),
    # says itself what is no feed
    Parser(name="syndication", accepts=lambda *_: True, parse=lambda raw, _: syndication.parse(raw)),
)


def parse(raw: RawDocument, source: Source | None = None) -> Parsed:
    """Return the drafts of one document of `source`, in document order, and what it says of itself.

    An entry whose own page is fetched beside a list (`full_text`) is left to the document of that page.

    Raises:
        DocumentError: nothing can be understood; the message begins with the kind of failure ("encoding: ...",
            "front-matter: ...", "not a feed: ...", "not a list: ...", "empty: ...", "too large: ...",
            "missing library: ..."). Whatever the bytes, nothing else is raised.
    """
    parsed = entries(raw, source)
    if source is None or not source.full_text or webpage.accepts(raw):
        return parsed
    return replace(parsed, drafts=tuple(draft for draft in parsed.drafts if not bundles.page_of(draft, raw)))


def entries(raw: RawDocument, source: Source | None) -> Parsed:
    """Do what `parse` does, but for leaving any entry to its page.

    Raises:
        DocumentError: see `parse`.
    """
    return next(parser for parser in PARSERS if parser.accepts(raw, source)).parse(raw, source)
