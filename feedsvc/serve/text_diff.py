"""What changed between two texts, for people: paragraph by paragraph, and inside one character by character or word by word. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN = re.compile(r"[A-Za-z0-9\u00c0-\u024f\u0370-\u052f]+|\s+|.", re.DOTALL)
_PARAGRAPHS = 1_500  # of one text that are compared; difflib is quadratic at its worst
_TOKENS = 2_000  # of one paragraph
_LIKE = 0.3  # two paragraphs less alike than that are one taken out and one put in


class Piece(NamedTuple):
    """A stretch of text and what became of it."""

    kind: Literal["same", "out", "in", "gap"]  # gap: `text` counts the unchanged paragraphs left out
    text: str


Paragraph = tuple[Piece, ...]


def compared(before: str, after: str) -> list[Paragraph]:
    """Return the paragraphs of `after` with what was taken out of `before` and what was put in; unchanged ones are left out."""
    old, new = _paragraphs(before), _paragraphs(after)
    shown: list[Paragraph] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            shown += [(Piece("gap", str(i2 - i1)),)]
        else:
            shown += _changed(old[i1:i2], new[j1:j2])
    return shown


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[Paragraph]:
    for number in range(max(len(old), len(new))):
        before = old[number] if number < len(old) else ""
        after = new[number] if number < len(new) else ""
        yield tuple(_inside(before, after))


def _inside(before: str, after: str) -> Iterator[Piece]:
    old, new = _TOKEN.findall(before)[:_TOKENS], _TOKEN.findall(after)[:_TOKENS]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if not old or not new or matcher.quick_ratio() < _LIKE:
        yield from (Piece("out", before),) if before else ()
        yield from (Piece("in", after),) if after else ()
        return
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(old[i1:i2]))
            continue
        if i2 > i1:
            yield Piece("out", "".join(old[i1:i2]))
        if j2 > j1:
            yield Piece("in", "".join(new[j1:j2]))


def _paragraphs(text: str) -> list[str]:
    return [line for line in (line.strip() for line in text.splitlines()) if line][:_PARAGRAPHS]
