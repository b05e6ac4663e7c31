"""The words of search: what is written to the index, and what a person's words become as an FTS5 query.

FTS5's own tokenizers take a run of Chinese, Japanese or Korean for one word, so that nobody finds anything in it. Here
a zero-width space is put at every edge of a CJK character: `unicode61` then sees one token a character, a term becomes
a phrase of such tokens, and taking the zero-width spaces out of a snippet gives the text back. Pure but for `register`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from feedsvc.grammar import Not, Several, Term, question

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from feedsvc.grammar import Node

MARK = "\u200b"  # ZERO WIDTH SPACE: parts tokens for unicode61, and is not seen by people
NOTHING = '""'  # the FTS5 query that matches no row and is no error
_HOW = {False: "in", True: "not in"}

# Han with its extensions and compatibility forms, kana (half-width too), bopomofo, hangul syllables and jamo
_CJK = (
    "\u1100-\u11ff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb"
    "\uf900-\ufad9\uff66-\uffdc\U00020000-\U0003ffff"
)
_RUN = re.compile(f"([{_CJK}]+)")
_IN_CJK = re.compile(f"[{_CJK}]")
# a word, which begins with a letter or a digit and may have combining marks behind it
_TOKENS = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")
# what may stand between two words of a phrase: nothing that a word begins with, so that there is one way to read it alone
_GAP = r"[\W_]{0,8}+"
_SEEN_TOKENS = 64  # words, or CJK characters, in all the phrases that one pattern looks for


class Match(NamedTuple):
    """What is asked of the index."""

    expression: str  # of FTS5, never a syntax error
    everything_but: bool = False  # wanted is what the expression does not match: FTS5 has no such query of its own


def segment(text: str | None) -> str | None:
    """Return `text` with a mark at every edge of a CJK character; `strip_marks` gives it back. None stays None.

    A blank is edge enough. Blanks, not word characters, decide: unicode61 has its own view of what is a letter.
    """
    if not text or text.isascii():
        return text
    pieces = _RUN.split(text)  # what is between two runs of CJK characters, a run, what is between, ...
    pieces[1::2] = map(MARK.join, pieces[1::2])
    last = len(pieces) - 1
    for place in range(0, last + 1, 2):
        between = pieces[place]
        after = MARK if between and place and not between[0].isspace() else ""
        before = MARK if between and place < last and not between[-1].isspace() else ""
        pieces[place] = f"{after}{between}{before}"
    return "".join(pieces)


def strip_marks(text: str | None) -> str | None:
    """Return `text` without the marks that `segment` put in: for snippets and highlights."""
    return text.replace(MARK, "") if text else text


def asked(words: str | None) -> Match:
    """Return what a person who typed `words` asks for (`feedsvc.grammar`).

    A term finds its characters in a row. FTS5 knows NOT between two queries alone; whatever the operators, one query and
    whether its matches are wanted or left out say it all: `a OR NOT b` is everything but `b NOT a`.
    """
    node = question(words)
    return _match(node) if node else Match(NOTHING)


def match_query(words: str | None) -> str:
    """Return the FTS5 expression for what a person typed: never a syntax error, `""` when there is nothing to look for.

    What is everything but something (`NOT x`) finds nothing here, since FTS5 cannot say it: see `asked`.
    """
    match = asked(words)
    return NOTHING if match.everything_but else match.expression


def membership(column: str, words: str) -> tuple[str, str]:
    """Return the SQL for "the article `column` is found by `words`", and its value."""
    match = asked(words)
    return (
        f"{column} {_HOW[match.everything_but]} (select rowid from articles_fts where articles_fts match ?)",
        match.expression,
    )


def sight(words: str | None) -> re.Pattern[str] | None:
    """Return what a person's `words` look like in a text, None when there is nothing to look for.

    For marking what was found without asking the index: whatever this finds, the index finds as well. Not the other way
    round: the index takes `cafe` for `café`, which no pattern here does, and only it knows phrases that are longer together
    than `_SEEN_TOKENS`. A search costs at most that times the length of the text, whatever stands in the two: no part of
    the pattern can match in two ways.
    """
    node = question(words)
    phrases = set(_wanted(node)) if node else set()
    shapes, left = [], _SEEN_TOKENS
    for phrase in sorted(phrases, key=lambda each: (-len(each), each)):
        tokens = _TOKENS.findall(segment(phrase[1:].rpartition('"')[0]) or "")
        if tokens and len(tokens) <= left:
            left -= len(tokens)
            shapes.append(_shape(phrase, tokens))
    return re.compile("|".join(shapes), re.IGNORECASE) if shapes else None


def _shape(phrase: str, tokens: list[str]) -> str:
    inner = _GAP.join(map(re.escape, tokens))
    opening = "" if _IN_CJK.match(tokens[0]) else r"(?<![^\W_])(?<![\u0300-\u036f])"
    closing = "" if phrase.endswith("*") or _IN_CJK.match(tokens[-1]) else r"(?![^\W_])(?![\u0300-\u036f])"
    return f"{opening}{inner}{closing}"


def register(connection: sqlite3.Connection) -> None:
    """Give `connection` the SQL functions of search.

    feedsvc_seg(text) is what the view under the index calls; feedsvc_query(words) makes the expression for MATCH;
    feedsvc_strip(snippet) takes the marks out; escape_fts is Datasette's name for feedsvc_query: overriding it makes
    Datasette's own search box find CJK. All are deterministic and give None for None but the query, which gives `""`.
    """
    connection.create_function("feedsvc_seg", 1, segment, deterministic=True)
    connection.create_function("feedsvc_strip", 1, strip_marks, deterministic=True)
    connection.create_function("feedsvc_query", 1, match_query, deterministic=True)
    connection.create_function("escape_fts", 1, match_query, deterministic=True)


def _match(node: Node) -> Match:
    if isinstance(node, Term):
        return Match(_phrase(node))
    if isinstance(node, Not):
        inner = _match(node.part)
        return inner._replace(everything_but=not inner.everything_but)
    parts = [_match(part) for part in node.parts]
    wanted, excluded = ([each.expression for each in parts if each.everything_but is kind] for kind in (False, True))
    if node.how == "AND" and wanted:
        return Match(_without(_joined("AND", wanted), excluded))
    if node.how == "OR" and not excluded:
        return Match(_joined("OR", wanted))
    both = _joined("OR", excluded) if node.how == "AND" else _without(_joined("AND", excluded), wanted)
    return Match(both, everything_but=True)


def _joined(how: str, expressions: list[str]) -> str:
    return f"({f' {how} '.join(expressions)})" if len(expressions) > 1 else expressions[0]


def _without(expression: str, excluded: list[str]) -> str:
    return f"({' NOT '.join([expression, *excluded])})" if excluded else expression


def _phrase(term: Term) -> str:
    """Return `term` as FTS5 is to read it: cut by the same rule as the index, so that it finds what the index holds."""
    text = (segment(term.text) or "").replace(MARK, " ")
    return f'"{text}"{"*" if term.starred else ""}'


def _wanted(node: Node, *, negated: bool = False) -> Iterator[str]:
    """Yield the phrases that a text was found by."""
    if isinstance(node, Several):
        for part in node.parts:
            yield from _wanted(part, negated=negated)
    elif isinstance(node, Not):
        yield from _wanted(node.part, negated=not negated)
    elif not negated:
        yield _phrase(node)
