"""The guard before the HTML parser: markup that would cost more than it can be worth is reduced to its text.

Pure and linear. lexbor and nh3 need quadratic time for deep nesting (50,000 nested `<div>`: 15 s), and the HTML
standard itself multiplies unclosed formatting elements with the paragraphs after them. Real articles are far below.
"""

from __future__ import annotations

import html
import re

from feedsvc.errors import DocumentError
from feedsvc.rules.html.allowed import VOID

_SWOLLEN = 20  # times as long as the document
_ANY_LENGTH = 64 << 10  # characters of content that any document may have
_ASK_FROM = 600  # tags; below this nothing can go wrong
_MAX_TAGS = 60_000  # `<` in one document: half a second of walking, and no article
_MAX_PICTURES = 20_000  # the dearest of all elements
_MAX_DEPTH = 1_500  # open elements
_MAX_REPEATED = 100_000  # formatting elements that the parser opens again in later blocks
_LONG = 20_000  # characters: of a document that may hold a tag with too many attributes, and of such a tag
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_SELF_CLOSING = VOID | {"p", "li", "dd", "dt", "option", "td", "th", "tr"}  # an open one is closed by the next
_FORMATTING = frozenset(
    ("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")
)
_TAG_BEGIN = re.compile(r"<[a-zA-Z]")
_VALUE_OR_END = re.compile(r"=\s*([\"'])|>")
_HIDDEN = (("<!--", "-->"), ("<script", "</script"), ("<style", "</style"))
_MARKUP = re.compile(r"</?[a-zA-Z!][^<>]*>")
_BREAKS = re.compile(
    r"</?(?:p|div|br|li|tr|h[1-6]|table|ul|ol|blockquote|section|article)(?=[\s/>])[^<>]*>", re.IGNORECASE
)


def is_too_costly(markup: str) -> bool:
    """Say whether parsing it would be quadratic; an estimate on the safe side, linear in the length."""
    tags = markup.count("<")
    if tags > _MAX_TAGS or (tags > _MAX_PICTURES and markup.lower().count("<img") > _MAX_PICTURES):
        return True
    if len(markup) > _LONG and _has_endless_tag(markup):
        return True
    return tags > _ASK_FROM and _is_deep(markup)


def refuse_swollen(body: str, length: int) -> None:
    """Refuse content of `length` characters that `body`, the text of the document, was made into.

    Raises:
        DocumentError: it is more than `_SWOLLEN` times as long as `body`, and longer than `_ANY_LENGTH`.
    """
    most = max(_ANY_LENGTH, _SWOLLEN * len(body))
    if length > most:
        raise DocumentError(
            f"too large: {len(body):,} characters of the document become {length:,} or more of content, and at most"
            f" {most:,} are kept; a table with many columns and short rows does that"
        )


def _is_deep(markup: str) -> bool:
    depth = formatting = repeated = 0
    for closing, name in _TAG.findall(markup):
        tag = name.lower()
        if tag in _FORMATTING:
            formatting = max(0, formatting + (-1 if closing else 1))
        elif not closing:
            repeated += formatting
        if tag not in _SELF_CLOSING:
            depth = max(0, depth + (-1 if closing else 1))
        if depth > _MAX_DEPTH or repeated > _MAX_REPEATED:
            return True
    return False


def _has_endless_tag(markup: str) -> bool:
    """Say whether a tag is long without its quoted values: 100,000 attributes keep lexbor busy for half a minute."""
    position = 0
    while begin := _TAG_BEGIN.search(markup, position):
        position, bare = begin.end(), 0
        while found := _VALUE_OR_END.search(markup, position):
            bare += found.start() - position
            quote = found.group(1)
            if not quote:
                break
            close = markup.find(quote, found.end())
            position = len(markup) if close < 0 else close + 1
        if bare + (0 if found else len(markup) - position) > _LONG:
            return True
        position = found.end() if found else len(markup)
    return False


def text_alone(markup: str) -> str:
    """Take the text out of markup without parsing it; blocks end lines."""
    for begin, end in _HIDDEN:
        markup = _without(markup, begin, end)
    return html.unescape(_MARKUP.sub(" ", _BREAKS.sub("\n", markup)))


def _without(markup: str, begin: str, end: str) -> str:
    """Cut out everything from `begin` to `end`, in any case of letters."""
    lower = markup.lower()
    if len(lower) != len(markup):  # "İ" grows when lowered
        lower = markup
    kept, position = [], 0
    while (start := lower.find(begin, position)) >= 0:
        kept.append(markup[position:start])
        stop = lower.find(end, start)
        position = len(markup) if stop < 0 else stop + len(end)
    kept.append(markup[position:])
    return "".join(kept)
