"""What was found in an article, with marks around it: its title, and the piece of its text where most was found.

FTS5's `snippet` cuts the whole text of each hit into tokens again, which is most of what a page of hits costs. A pattern
finds nearly all of them in a hundredth of that; the index is asked for what the pattern does not see (`cafe` in `café`).
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from feedsvc.store.search_index import sight, strip_marks

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from feedsvc.serve.archive_reader import Rows

Excerpt = dict[str, Markup]

_LOOKED_AT = 20_000  # characters of a text
_LONG = 180  # characters of an excerpt
_BEFORE = 30  # characters in front of the first find
_MATCHES = 50  # finds among which the best place is looked for
_OPEN, _CLOSE = "\ue000", "\ue001"  # around what was found, until the text is escaped


def excerpts(rows: Rows, words: str, expression: str, ids: Sequence[int]) -> dict[int, Excerpt]:
    """Return article id -> `marked_title` and `snippet` for hits of `words`, of which `expression` is the FTS5 query."""
    pattern = sight(words)
    found: dict[int, Excerpt] = {}
    if pattern is not None and ids:
        texts = rows.tuples(
            f"select id, title, substr(text, 1, {_LOOKED_AT}) from articles where id in ({_marks(ids)})", *ids
        )
        found = {number: seen for number, title, text in texts if (seen := _seen(pattern, title, text))}
    return {**found, **_asked(rows, expression, [number for number in ids if number not in found])}


def _seen(pattern: re.Pattern[str], title: str, text: str) -> Excerpt | None:
    marked = _marked(pattern.sub(_around, title))
    piece = _best(pattern, text)
    if not piece and _OPEN not in pattern.sub(_around, title):
        return None
    return {"marked_title": marked, "snippet": _marked(piece or _cut(text, 0))}


def _best(pattern: re.Pattern[str], text: str) -> str:
    """Return the piece of `text` with the most different finds, the first of the best; "" where there is none."""
    finds = [(each.start(), each.end(), each[0].casefold()) for each in islice(pattern.finditer(text), _MATCHES)]
    if not finds:
        return ""

    def worth(place: int) -> int:
        return len({word for start, end, word in finds if place <= start and end <= place + _LONG - _BEFORE})

    start = max((start for start, _, _ in finds), key=lambda place: (worth(place), -place))
    return pattern.sub(_around, _cut(text, max(0, start - _BEFORE)))


def _cut(text: str, start: int) -> str:
    """Return the excerpt of `text` from about `start`, whole words where it has any."""
    if start:
        blank = text.find(" ", start, start + _BEFORE // 2)
        start = blank + 1 if blank >= 0 else start
    piece = text[start : start + _LONG]
    ends = start + _LONG >= len(text)
    if not ends and (blank := piece.rfind(" ")) > _LONG * 2 // 3:
        piece = piece[:blank]
    return f"{'…' if start else ''}{' '.join(piece.split())}{'' if ends else '…'}"


def _asked(rows: Rows, expression: str, ids: Sequence[int]) -> dict[int, Excerpt]:
    """Return what the index itself finds in these articles."""
    if not ids:
        return {}
    found = rows(
        f"select rowid as id, highlight(articles_fts, 0, '{_OPEN}', '{_CLOSE}') as title,"
        f" snippet(articles_fts, 2, '{_OPEN}', '{_CLOSE}', '…', 48) as text"
        f" from articles_fts where articles_fts match ? and rowid in ({_marks(ids)})",
        expression,
        *ids,
    )
    return {row["id"]: {"marked_title": _marked(row["title"]), "snippet": _marked(row["text"])} for row in found}


def _marks(ids: Sequence[int]) -> str:
    return ",".join("?" * len(ids))


def _around(found: re.Match[str]) -> str:
    return f"{_OPEN}{found[0]}{_CLOSE}"


def _marked(text: str | None) -> Markup:
    escaped = str(escape(strip_marks(text) or ""))
    return Markup(escaped.replace(f"{_CLOSE}{_OPEN}", "").replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>"))  # noqa: S704
