r"""Markdown -> HTML: CommonMark with tables, footnotes, strikethrough, task lists and bare links (comrak).

Pure. Raw HTML passes: the walk and the last gate judge it like any other. Emphasis works beside Chinese and Japanese
punctuation, where CommonMark loses it. Formulas are read by choice alone: to everybody else "\[" and "\(" are brackets, and
"$" is a dollar (CommonMark 0.31 §2.4).
"""

from __future__ import annotations

import html
import re
from functools import cache
from typing import TYPE_CHECKING

from feedsvc.rules.markdown_marks import disarmed, rearmed
from feedsvc.rules.shortcodes import without_tags

if TYPE_CHECKING:
    from collections.abc import Callable

_MANY = 2_000  # of one mark: no text, but an attack on the time that it takes
_MAX_MARKS = 200_000  # characters that may mean something: each is 0.2 KB and a microsecond to the parser
_MARKS = "\n\\`*_[]<!&:w@|$~^"
# The line below the header of a table, which says how many columns it has (GFM §4.10), also in quotations and lists.
_DELIMITER = re.compile(r"^[ \t>]*+\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)++\|?[ \t]*$", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t>]*\n")
_CELL = len("<td></td>\n")
_DEEP_QUOTE = re.compile(r"^((?: {0,3}>){50})(?: {0,3}>)+", re.MULTILINE)
_ESCAPED_BRACE = re.compile(r"&#12[35];")


def is_too_costly(body: str) -> bool:
    """Say whether so many marks stand in it that rendering would take hundreds of megabytes, which no article needs."""
    return len(body) > _MAX_MARKS and sum(map(body.count, _MARKS)) > _MAX_MARKS


def filling(body: str) -> int:
    """Return how many characters of HTML the empty cells take that fill up short rows of tables, at least.

    A row has as many cells as the header, whatever stands in it: a table of n columns and n short rows has n² cells.
    """
    cells = 0
    for delimiter in _DELIMITER.finditer(body) if "|" in body else ():
        columns = delimiter[0].strip(" \t>|").count("|") + 1
        end = _BLANK.search(body, delimiter.end())
        rows = body[delimiter.end() : end.start() if end else len(body)]
        lines = rows.rstrip("\n").count("\n")
        cells += max(0, lines * (columns - 1) - rows.count("|"))
    return cells * _CELL


def rendered(body: str, *, math: bool = False) -> str:
    r"""Render Markdown; braces that a machine escaped come back, also in code. `math` = `$…$` and `\[…\]` are formulas."""
    if "&#12" in body:
        body = _ESCAPED_BRACE.sub(lambda match: html.unescape(match.group()), body)
    if body.count(">") > _MANY:
        body = _DEEP_QUOTE.sub(r"\1", body)
    body = without_tags(body)
    given = disarmed(body, math=math)
    written = _renderer(footnotes=body.count("[^") <= _MANY, math=math)(given)
    return written if given is body else rearmed(written)


@cache
def _renderer(*, footnotes: bool, math: bool) -> Callable[[str], str]:
    import comrak  # noqa: PLC0415 - 7 ms that a feed alone never needs

    extensions = comrak.ExtensionOptions()
    for name in (
        "table",
        "strikethrough",
        "autolink",
        "tasklist",
        "footnotes",
        "cjk_friendly_emphasis",
        "description_lists",
    ):
        setattr(extensions, name, True)
    extensions.footnotes = footnotes
    extensions.math_dollars = extensions.math_latex = math
    rendering = comrak.RenderOptions()
    rendering.unsafe_ = True
    parsing = comrak.ParseOptions()
    return lambda body: str(
        comrak.render_markdown(body, extension_options=extensions, parse_options=parsing, render_options=rendering)
    )
