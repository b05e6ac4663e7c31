r"""Marks of Markdown that must not mean anything: a single tilde, and marks of formulas that a code span parts.

Pure. Two tildes strike out, one is a tilde ("9~10"). Where formulas are read, a code span binds tighter than they do
(CommonMark 0.31 §6.1): neither begins nor ends one inside of it, and none reaches over it, but for GitHub's "$`x`$".

comrak has no switch for either rule, so such marks are handed to it as noncharacters of Unicode and come back in what it
wrote: wherever they stand (code, addresses, HTML), nothing is changed but their meaning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from feedsvc.rules.text import without_noncharacters

if TYPE_CHECKING:
    from collections.abc import Iterator

_STAND_INS = {"~": "\ufde0", "$": "\ufde1", "\\": "\ufde2"}
# what comrak makes of a stand-in: itself, or its bytes where it stands in an address
_MARKS = {written: mark for mark, stand_in in _STAND_INS.items() for written in (stand_in, quote(stand_in, safe=""))}
_WRITTEN = re.compile("|".join(_MARKS))
# a tilde that stands at the end of a word cannot open anything, and is not a part of the address before it
_TILDES = re.compile(r"\\[\\~]|~+(?P<ends>(?=\s|\Z)|(?<=[0-9A-Za-z]~)(?=[.,!?:;\"')]))?")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_BACKTICKS = re.compile("`+")
_IN_CODE = re.compile(r"\$|\\(?=[\])])")
# as comrak reads them: no white space inside the dollars at either end, no digit behind
_DOLLARS = re.compile(r"\\.|\$\$[^$]+\$\$|\$(?![\s$])(?:\\.|[^$\\])*(?<!\s)\$(?!\d)|(?P<lone>\$+)", re.DOTALL)


class _Span(NamedTuple):
    """A code span: where its opening backticks begin and end, where its closing ones do."""

    start: int
    inside: int
    closing: int
    end: int


def disarmed(body: str, *, math: bool) -> str:
    """Return `body` with stand-ins for what must not mean anything; `math` = formulas are read. The same where there is none."""
    tildes, formulas = "~" in body, math and "`" in body and ("$" in body or "\\" in body)
    if not tildes and not formulas:
        return body
    body = without_noncharacters(body)
    if formulas:
        body = "".join(_around_code(body))
    return _TILDES.sub(_tilde, body) if tildes else body


def rearmed(written: str) -> str:
    """Return HTML of a disarmed body with the marks themselves in the places of their stand-ins."""
    return _WRITTEN.sub(lambda match: _MARKS[match.group()], written)


def _tilde(match: re.Match[str]) -> str:
    return _STAND_INS["~"] if match.group() == "~" and match["ends"] is None else match.group()


# ---------------------------------------------------------------- formulas and code spans


def _around_code(body: str) -> Iterator[str]:
    """Yield the pieces of `body` in which no code span holds a mark of a formula, and no formula a code span."""
    start = 0
    for end in (*(match.end() for match in _BLANK_LINE.finditer(body)), len(body)):
        spans = list(_code_spans(body, start, end))
        for span in spans:
            formula = body[span.start - 1 : span.start] == "$" == body[span.end : span.end + 1]
            yield _between(body, start, span.start - formula)
            yield body[span.start - formula : span.inside]
            yield _IN_CODE.sub(lambda match: _STAND_INS[match.group()], body[span.inside : span.closing])
            yield body[span.closing : span.end + formula]
            start = span.end + formula
        yield _between(body, start, end) if spans else body[start:end]
        start = end


def _between(body: str, start: int, end: int) -> str:
    """Return a piece without code spans, and without the dollars that no other one of it answers."""
    return _DOLLARS.sub(_dollar, body[start:end])


def _dollar(match: re.Match[str]) -> str:
    return match.group() if match["lone"] is None else _STAND_INS["$"] * len(match["lone"])


def _code_spans(body: str, start: int, end: int) -> Iterator[_Span]:
    """Yield the code spans of the paragraph `body[start:end]`: each from a run of backticks to the next one of its length."""
    runs = [match.span() for match in _BACKTICKS.finditer(body, start, end)]
    alike: dict[int, list[int]] = {}  # length -> the runs that have it, the first of them last
    for number in range(len(runs) - 1, -1, -1):
        alike.setdefault(runs[number][1] - runs[number][0], []).append(number)
    number = 0
    while number < len(runs):
        first, inside = runs[number]
        before = body[start:first]
        first += (len(before) - len(before.rstrip("\\"))) % 2  # an escaped backtick is none
        later = alike.get(inside - first, [])
        while later and later[-1] <= number:
            later.pop()
        if later:
            number = later.pop()
            yield _Span(first, inside, *runs[number])
        start = runs[number][1]
        number += 1
