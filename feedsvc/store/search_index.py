"""The words of search: what is written to the index, and what a person's words become as an FTS5 query.

FTS5's own tokenizers take a run of Chinese, Japanese or Korean for one word, so that nobody finds anything in it. Here
a zero-width space is put at every edge of a CJK character: `unicode61` then sees one token a character, a term becomes
a phrase of such tokens, and taking the zero-width spaces out of a snippet gives the text back. Pure but for `register`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3

MARK = "\u200b"  # ZERO WIDTH SPACE: parts tokens for unicode61, and is not seen by people
NOTHING = '""'  # the FTS5 query that matches no row and is no error

# Han with its extensions and compatibility forms, kana (half-width too), bopomofo, hangul syllables and jamo
_CJK = (
    "\u1100-\u11ff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb"
    "\uf900-\ufad9\uff66-\uffdc\U00020000-\U0003ffff"
)
_RUN = re.compile(f"([{_CJK}]+)")
_IN_CJK = re.compile(f"[{_CJK}]")
_TOKEN = re.compile(r"[^\W_]")
# a word, which begins with a letter or a digit and may have combining marks behind it
_TOKENS = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")
# what may stand between two words of a phrase: nothing that a word begins with, so that there is one way to read it alone
_GAP = r"[\W_]{0,8}+"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # NUL ends an FTS5 expression, half a surrogate pair is no UTF-8
_WORD = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?(?P<star>\*?)|(?P<bare>[^\s"]+))')
_OPERATORS = ("AND", "OR", "NOT")
_TERMS = 64  # in one query; what somebody pastes into the box may be a whole article
_CHARACTERS = 2_000
_SEEN_TOKENS = 64  # words, or CJK characters, in all the phrases that one pattern looks for


class _Term(NamedTuple):
    phrase: str  # quoted for FTS5; "" = an operator
    operator: str


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


def match_query(words: str | None) -> str:
    """Return the FTS5 expression for what a person typed: never a syntax error, `""` when there is nothing to look for.

    A term finds its characters in a row. Upper-case AND, OR and NOT between terms are operators, a leading `-`
    excludes, double quotes hold words together, a trailing `*` finds what begins so. Everything else is taken for text.
    What is only excluded finds nothing, since FTS5 has no "everything but".
    """
    terms = _read_terms(_UNSAFE.sub(" ", (words or "")[:_CHARACTERS]))[:_TERMS]
    wanted, excluded = _group(terms)
    if not wanted:
        return NOTHING
    positive = " AND ".join(f"({' OR '.join(group)})" if len(group) > 1 else group[0] for group in wanted)
    return " NOT ".join([f"({positive})", *excluded]) if excluded else positive


def sight(words: str | None) -> re.Pattern[str] | None:
    """Return what a person's `words` look like in a text, None when there is nothing to look for.

    For marking what was found without asking the index: whatever this finds, the index finds as well. Not the other way
    round: the index takes `cafe` for `café`, which no pattern here does, and only it knows phrases that are longer together
    than `_SEEN_TOKENS`. A search costs at most that times the length of the text, whatever stands in the two: no part of
    the pattern can match in two ways.
    """
    wanted, _ = _group(_read_terms(_UNSAFE.sub(" ", (words or "")[:_CHARACTERS]))[:_TERMS])
    phrases = {phrase for group in wanted for phrase in group}
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


def _read_terms(words: str) -> list[_Term]:
    """Return phrases and operators in the order in which they stand; text without a letter or a digit is no term."""
    terms: list[_Term] = []
    for found in _WORD.finditer(words):
        bare = found["bare"]
        if bare in _OPERATORS and not found["minus"]:
            terms.append(_Term("", bare))
        elif phrase := _phrase(found["phrase"] if bare is None else bare, starred=bool(found["star"])):
            terms += [_Term("", "NOT")] if found["minus"] else []
            terms.append(_Term(phrase, ""))
    return terms


def _phrase(text: str, *, starred: bool) -> str:
    """Return `text` as FTS5 is to read it: cut by the same rule as the index, so that it finds what the index holds."""
    if not _TOKEN.search(text):
        return ""
    star = "*" if starred or text.endswith("*") else ""
    return f'"{(segment(text) or "").replace(MARK, " ").rstrip("*")}"{star}'


def _group(terms: list[_Term]) -> tuple[list[list[str]], list[str]]:
    """Return groups of alternatives of which each must be found, and what must not be found.

    OR binds the two terms beside it more closely than AND, which is what people mean who write `a b OR c`.
    """
    wanted: list[list[str]] = []
    excluded: list[str] = []
    operator = ""
    for term in terms:
        if term.operator:
            operator = term.operator
            continue
        if operator == "NOT":
            excluded.append(term.phrase)
        elif operator == "OR" and wanted:
            wanted[-1].append(term.phrase)
        else:
            wanted.append([term.phrase])
        operator = ""
    return wanted, excluded
