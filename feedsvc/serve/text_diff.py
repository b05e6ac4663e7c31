"""What changed between two texts, for people: paragraph by paragraph, and inside one character by character or word by word. Pure."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN = re.compile(r"[A-Za-z0-9\u00c0-\u024f\u0370-\u052f]+|\s+|.", re.DOTALL)
_TOKENS = 2_000  # of one paragraph
# Pairs of equal tokens in two sequences: what difflib looks at, many times. A text without repetition has as many as tokens;
# 30,000 take it half a second at its worst, so that one page takes a few seconds at most.
_PAIRS = 30_000
_PAIRS_IN_ALL = 150_000  # on one page
_LIKE = 0.3  # two paragraphs less alike than that are one taken out and one put in


class Piece(NamedTuple):
    """A stretch of text and what became of it."""

    kind: Literal["same", "out", "in", "gap"]  # gap: `text` counts the unchanged paragraphs left out
    text: str


Paragraph = tuple[Piece, ...]
_Edit = tuple[str, int, int, int, int]


def compared(before: str, after: str) -> list[Paragraph]:
    """Return the paragraphs of `after` with what was taken out of `before` and what was put in; unchanged ones are left out."""
    old, new = _paragraphs(before), _paragraphs(after)
    shown: list[Paragraph] = []
    allowance = _Allowance()
    for kind, i1, i2, j1, j2 in _edits(old, new, allowance):
        if kind == "equal":
            shown += [(Piece("gap", str(i2 - i1)),)]
        else:
            shown += _changed(old[i1:i2], new[j1:j2], allowance)
    return shown


class _Allowance:
    """How much may still be compared on one page."""

    def __init__(self) -> None:
        self._left = _PAIRS_IN_ALL

    def covers(self, old: Sequence[str], new: Sequence[str]) -> bool:
        """Return whether `old` and `new` may be compared, and count that."""
        counts = Counter(new)
        pairs = sum(number * counts[token] for token, number in Counter(old).items())
        if pairs > min(_PAIRS, self._left):
            return False
        self._left -= pairs
        return True


def _edits(old: Sequence[str], new: Sequence[str], allowance: _Allowance) -> list[_Edit]:
    """Return what makes `new` of `old`, as difflib does: (kind, begin and end in `old`, begin and end in `new`).

    What both begin and end with is taken as equal first. Where the rest repeats itself so much that comparing it would take
    long, all of it is replaced.
    """
    least = min(len(old), len(new))
    begin = next((number for number in range(least) if old[number] != new[number]), least)
    rest = least - begin
    end = next((number for number in range(rest) if old[-1 - number] != new[-1 - number]), rest)
    a, b = old[begin : len(old) - end], new[begin : len(new) - end]
    edits: list[_Edit] = [("equal", 0, begin, 0, begin)] if begin else []
    if a or b:
        inner: list[_Edit] = [("replace", 0, len(a), 0, len(b))]
        if a and b and allowance.covers(a, b):
            inner = list(SequenceMatcher(None, a, b, autojunk=False).get_opcodes())
        edits += [(kind, i1 + begin, i2 + begin, j1 + begin, j2 + begin) for kind, i1, i2, j1, j2 in inner]
    if end:
        edits.append(("equal", len(old) - end, len(old), len(new) - end, len(new)))
    return edits


def _changed(old: Sequence[str], new: Sequence[str], allowance: _Allowance) -> Iterator[Paragraph]:
    for number in range(max(len(old), len(new))):
        before = old[number] if number < len(old) else ""
        after = new[number] if number < len(new) else ""
        yield tuple(_inside(before, after, allowance))


def _inside(before: str, after: str, allowance: _Allowance) -> Iterator[Piece]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if not _are_alike(old, new):
        yield from (Piece("out", before),) if before else ()
        yield from (Piece("in", after),) if after else ()
        return
    for kind, i1, i2, j1, j2 in _edits(old, new, allowance):
        if kind == "equal":
            yield Piece("same", "".join(old[i1:i2]))
            continue
        if i2 > i1:
            yield Piece("out", "".join(old[i1:i2]))
        if j2 > j1:
            yield Piece("in", "".join(new[j1:j2]))


def _are_alike(old: Sequence[str], new: Sequence[str]) -> bool:
    """Return whether two paragraphs are short and like enough to be compared token by token."""
    if not old or not new or max(len(old), len(new)) > _TOKENS:
        return False
    return SequenceMatcher(None, old, new, autojunk=False).quick_ratio() >= _LIKE


def _paragraphs(text: str) -> list[str]:
    return [line for line in (line.strip() for line in text.splitlines()) if line]
