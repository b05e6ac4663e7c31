"""Which text is the article: the page's, or what the list said of it; pure."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<[^<>]{0,2000}>")
_SHINGLE = 4  # characters
_COMPARED = 4000  # characters of the shorter text
_ALIKE = 0.5  # share of the list's text that stands on the page
_SHORT = 30  # characters below which a text says too little to be compared ("Read more", "Comments")


def is_better(article: str, said: str, *, alone: bool) -> bool:
    """Return whether to take `article`, extracted from the page, rather than what was `said`.

    It is longer, and what was said stands in it: a page that asks for a login or shows an error holds nothing of it. Too short
    a text is no evidence; it is enough where the page belongs to one entry `alone`.
    """
    page, listed = _plain(article), _plain(said)
    if len(page) <= len(listed):
        return False
    if len(listed) < _SHORT:
        return alone
    ours = _shingles(listed[:_COMPARED])
    return len(ours & _shingles(page)) >= _ALIKE * len(ours)


def _plain(markup: str) -> str:
    return "".join(html.unescape(_TAG.sub("", markup)).split()).casefold()


def _shingles(text: str) -> frozenset[str]:
    return frozenset(text[start : start + _SHINGLE] for start in range(len(text) - _SHINGLE + 1))
