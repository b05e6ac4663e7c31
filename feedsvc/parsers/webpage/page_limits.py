"""What a page may cost: judged before a parser sees it; pure, linear.

Parsers of HTML need quadratic time for deep nesting, for formatting elements that are never closed, and for thousands of
attributes in one tag (lexbor: 12 s for 30,000 open `<a>`). Real pages are far below these limits.
"""

from __future__ import annotations

import re

_MOST_CHARACTERS = 4 << 20
_MOST_TAGS = 40_000
_MOST_DEPTH = 1_500  # elements that stand open
_MOST_FORMATTING = 300  # of those that the parser opens again in later blocks
_MOST_WORDS = 3_000  # of one tag: its attributes
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,30})([^<>]*)")
_FORMATTING = frozenset(
    ("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")
)
_SELF_CLOSING = frozenset(
    "area base br col dd dt embed hr img input li link meta option p source td th tr track wbr".split()  # noqa: SIM905 - a list
)


def is_too_costly(markup: str, *, whole: bool = False) -> bool:
    """Return whether parsing `markup` could take longer than a page is worth.

    With `whole` its length alone is no reason: a list of articles is as long as it has entries, and costs as much.
    """
    if not whole and (len(markup) > _MOST_CHARACTERS or markup.count("<") > _MOST_TAGS):
        return True
    depth = formatting = 0
    for closing, name, rest in _TAG.findall(markup):
        step, tag = (-1 if closing else 1), name.lower()
        if tag in _FORMATTING:
            formatting = max(0, formatting + step)
        if tag not in _SELF_CLOSING and not rest.endswith("/"):
            depth = max(0, depth + step)
        if depth > _MOST_DEPTH or formatting > _MOST_FORMATTING or len(rest.split(None, _MOST_WORDS)) > _MOST_WORDS:
            return True
    return False
