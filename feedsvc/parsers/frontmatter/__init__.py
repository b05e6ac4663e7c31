"""A file of a content directory -> one `Draft`: front matter of any generator, and a body; pure.

    decode -> mend controls -> split (fences) -> read the block (blocks, tolerant) -> dialect -> fields

A document without front matter is all body. One that has an opening fence and not a single readable field behind it is
a `DocumentError`: it would otherwise be archived with its own metadata as its text. Hugo's `_index.md` is a document
like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.errors import DocumentError
from feedsvc.model import Draft, Parsed, Repair
from feedsvc.parsers.encodings import charset_of, decode, mend_controls, meta_charset
from feedsvc.parsers.frontmatter import blocks
from feedsvc.parsers.frontmatter.dialects import address_date, dialect_of, path_date
from feedsvc.parsers.frontmatter.fences import split
from feedsvc.parsers.frontmatter.fields import KEYS, said
from feedsvc.parsers.frontmatter.values import Fields

if TYPE_CHECKING:
    from feedsvc.model import BodyKind, RawDocument
    from feedsvc.parsers.frontmatter.fences import Split

_KINDS: dict[str, BodyKind] = {".html": "html", ".htm": "html", ".xhtml": "html"}
_COLUMNS = {key: column for column, keys in KEYS.items() for key in reversed(keys)}


def parse(raw: RawDocument) -> Parsed:
    """Return the one draft of a file.

    Raises:
        DocumentError: the file is empty, no text, or its front matter cannot be read at all.
    """
    decoded = decode(raw.body, labels=(charset_of(raw.media_type), meta_charset(raw.body)))
    text, controls = mend_controls(decoded.text.replace("\0", ""))
    if not text.strip("\ufeff \t\r\n"):
        raise DocumentError("empty: the document holds no text; nothing to archive until something is written")
    cut = split(text)
    values, guesses = blocks.read(cut.language, cut.block)
    if cut.block.strip() and not values and _says_something(cut.block):
        raise DocumentError(
            f"front-matter: no field can be read from {cut.block.strip()[:60]!r}; write `key: value` lines"
        )
    repairs = (*decoded.repairs, *controls, *_unclosed(cut), *map(_by_column, guesses))
    draft = _draft(raw, cut, Fields(values), repairs)
    return Parsed(drafts=(draft,), repairs=tuple(f"{r.rule}: {r.field}" for r in repairs))


def _says_something(block: str) -> bool:
    """Return whether there is more than comments and an empty mapping."""
    lines = (line.strip() for line in block.split("\n"))
    return any(line and not line.startswith("#") and line not in ("{}", "{ }") for line in lines)


def _draft(raw: RawDocument, cut: Split, fields: Fields, repairs: tuple[Repair, ...]) -> Draft:
    extension = _extension(raw.locator)
    dialect = dialect_of(fields, raw.locator, cut)
    facts = said(fields, dialect)
    facts["is_draft"] = facts["is_draft"] or "/_drafts/" in f"/{raw.locator}"
    return Draft(
        source=raw.source,
        locator=raw.locator,
        form="front-matter" if cut.language or extension not in _KINDS else "html",
        fetched_at=raw.fetched_at,
        base_url=raw.url,
        path_date=path_date(raw.locator) or address_date(fields.text("path", "permalink", "url")),
        body=cut.body,
        body_kind=_KINDS.get(extension, ""),
        extension=extension,
        machine_made=dialect == "machine",
        repairs=repairs,
        **facts,
    )


def _extension(locator: str) -> str:
    name = locator.rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    return f".{extension.lower()}" if dot and stem else ""


def _unclosed(cut: Split) -> tuple[Repair, ...]:
    return (Repair(rule="front-matter.unclosed", field="content", before=cut.flaw, after=""),) if cut.flaw else ()


def _by_column(guess: Repair) -> Repair:
    column = _COLUMNS.get(guess.field, guess.field)
    return Repair(rule=guess.rule, field=column, before=guess.before, after=guess.after)
