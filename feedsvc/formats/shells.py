"""Shells of documents: feedgen writes one for each shape of head, with marks, and each document fills them in. Pure.

    Head --shape--> shell of feedgen with marks --values--> Frame

Two heads have one shape when the same fields have a value. A document with tombstones is written by feedgen itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from feedsvc.formats.frame import Envelope
from feedsvc.formats.item import Head
from feedsvc.formats.xml_text import escaped, numbered, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

_TEXTS: Final = ("id", "title", "description", "language", "page", "address", "current", "previous", "following", "hub")
_MARK: Final = re.compile('("?)\ue000([a-z]+)\ue000')  # of the private use area: feedgen leaves it alone
_WHEN: Final = datetime(1999, 9, 9, 9, 9, 9, tzinfo=UTC)  # stands for `updated`


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """How one format writes a shell."""

    write: Callable[[Head], bytes]  # with feedgen
    date: Callable[[datetime], str]  # as it stands there
    close: bytes  # the tags that a shell ends with

    def frame(self, head: Head) -> Envelope:
        """Return the shell of `head`, cut open where its entries belong."""
        if head.tombstones:
            return Envelope(opening=self._opening(head).encode(), closing=self.close)
        shape = (*(bool(getattr(head, name)) for name in _TEXTS), head.description == head.title, head.is_archive)
        literals, marks = _template(self, shape, head.generator, head.version, head.page_formats)
        parts = [literals[0]]
        for (is_attribute, name), literal in zip(marks, literals[1:], strict=True):
            value = self.date(head.updated) if name == "updated" else getattr(head, name)
            parts += (numbered(quoted(value)[:-1] if is_attribute else escaped(value)), literal)
        return Envelope(opening="".join(parts).encode(), closing=self.close)

    def _opening(self, head: Head) -> str:
        """Return the shell of `head` without its end.

        All that a shell says is plain text: "&" and "<" stand there as numbers (see `elements.plain`).

        Raises:
            ValueError: feedgen writes another layout than the one that was measured.
        """
        shell = self.write(head)
        if not shell.endswith(self.close):
            raise ValueError(
                f"a feed of feedgen ends with {shell[-40:]!r} instead of {self.close!r}: pin feedgen 1.0.0"
            )
        return numbered(shell[: -len(self.close)].decode())

    def marked(self, head: Head) -> str:
        """Return the opening of a shell with marks in the place of what `head` has in `_TEXTS`, and of its date."""
        return self._opening(head).replace(self.date(_WHEN), _mark("updated"))


@lru_cache(maxsize=64)
def _template(
    writer: Writer, shape: tuple[bool, ...], generator: str, version: str, page_formats: tuple[str, ...]
) -> tuple[list[str], list[tuple[bool, str]]]:
    """Return the text between the marks of a shell, and of each mark whether it is an attribute, and its name."""
    *has, is_plain, is_archive = shape
    texts: dict[str, Any] = {name: _mark(name) if there else "" for name, there in zip(_TEXTS, has, strict=True)}
    if is_plain:
        texts["description"] = texts["title"]
    marked = Head(
        **texts,
        updated=_WHEN,
        generator=generator,
        version=version,
        is_archive=is_archive,
        page_formats=page_formats,
    )
    literals = _MARK.split(writer.marked(marked))
    marks = [(bool(quote), name) for quote, name in zip(literals[1::3], literals[2::3], strict=True)]
    return literals[::3], marks


def _mark(name: str) -> str:
    return f"\ue000{name}\ue000"
