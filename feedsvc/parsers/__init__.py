"""Bytes -> `Draft`: what a document says, in whatever form it says it; pure.

    RawDocument -> accepts (locator, media type, first bytes) -> parse -> Parsed

The first parser in `PARSERS` that accepts a document parses it.
To add a parser: one file (or folder) with `parse`, one line in `PARSERS`, and one in `feedsvc.model.catalog.FORMS` for each
new `Draft.form`. A parser for documents that only one kind of source has is named by that kind: `catalog.Kind.parser`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, cast

from feedsvc import plugins
from feedsvc.errors import DocumentError, plugin_errors
from feedsvc.model import Parsed, catalog
from feedsvc.model.members import Members, callable_member
from feedsvc.parsers import bundles, frontmatter, syndication, webpage

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.model import RawDocument, Source
    from feedsvc.plugins import Plugin

_FILE_EXTENSIONS = (".md", ".markdown", ".mdown", ".mkd", ".html", ".htm", ".xhtml", ".txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """One form of document. `parse` raises `DocumentError` and nothing else. The source is None where it plays no part."""

    name: str
    accepts: Callable[[RawDocument, Source | None], bool]
    parse: Callable[[RawDocument, Source | None], Parsed]
    # The values of `Draft.form` that the parser of a plugin adds to `feedsvc.model.catalog.FORMS`.
    forms: tuple[catalog.DraftForm, ...] = ()


def _of_plugin(
    plugin: Plugin, parse: Callable[[RawDocument, Source], Parsed]
) -> Callable[[RawDocument, Source], Parsed]:
    """Return `parse`, a function of `plugin`, so that what it raises sends the document to quarantine and names the plugin."""

    def parse_or_say_why(raw: RawDocument, source: Source) -> Parsed:
        with plugin_errors(plugin, lambda said: DocumentError(f"plugin: {said}")):
            parsed = plugins.returned(Parsed, parse(raw, source))
            for draft in parsed.drafts:
                catalog.form(draft.form)
            return parsed

    return parse_or_say_why


def _is_post(raw: RawDocument) -> bool:
    """Return whether it is a file of a content directory; an address that ends in .html is none."""
    return "://" not in raw.locator and raw.locator.lower().endswith(_FILE_EXTENSIONS)


# The parsers that kinds of sources bring, by the name of the kind.
_OWN = Members(catalog.KINDS, lambda kind: kind.parser, callable_member, group=plugins.KINDS, guard=_of_plugin)


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
    *(_of_kind(name) for name, kind in catalog.KINDS.own.items() if kind.parser),
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
    return next(parser for parser in (*added(), *PARSERS) if parser.accepts(raw, source)).parse(raw, source)


# ---------------------------------------------------------------- parsers of plugins


@cache
def added() -> tuple[Parser, ...]:
    """Return the parsers of installed packages. They are asked first: the last one of `PARSERS` accepts everything."""
    own = [_of_kind(name) for name in _OWN if name not in catalog.KINDS.own]
    taken = [parser.name for parser in PARSERS]
    found = plugins.accepted(plugins.PARSERS, taken, _check)
    return (*own, *(_guarded(plugin, cast("Parser", parser)) for plugin, parser in found.items()))


def _check(name: str, found: object) -> None:
    """Raise TypeError or ValueError where `found` is no parser that is called `name`."""
    if not isinstance(found, Parser):
        raise TypeError(f"it is no Parser, but a {type(found).__name__}")
    if found.name != name:
        raise ValueError(f"it calls itself {found.name!r}: entry point and parser have one name")
    for form in found.forms:
        if catalog.FORMS.get(form.name) != form:
            raise ValueError(f"its form {form.name!r} is taken, or its evidence {form.evidence!r} is not known")


def _guarded(plugin: Plugin, parser: Parser) -> Parser:
    parse = cast("Callable[[RawDocument, Source | None], Parsed]", _of_plugin(plugin, parser.parse))
    return replace(parser, accepts=partial(_accepts, plugin, parser), parse=parse)


def _accepts(plugin: Plugin, parser: Parser, raw: RawDocument, source: Source | None) -> bool:
    """Return whether the parser of a plugin wants `raw`; one that raises is not asked to parse it, which is logged."""
    try:
        return bool(parser.accepts(raw, source))
    except Exception as error:  # noqa: BLE001 - other parsers may know the document
        plugins.tell(plugin, error, f"other parsers are asked whether they read {raw.locator}")
        return False
