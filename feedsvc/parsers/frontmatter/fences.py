"""Where front matter ends and the body begins; pure, linear in the length of the document.

    ---            +++            ;;;             {                  title: Hexo's form
    YAML           TOML           JSON members      JSON object      YAML without the opening fence
    --- or ...     +++            ;;;             }                  ---

Blank lines and a byte order mark before the fence are allowed, line ends may be CRLF or CR.
To add a fence: one line in `_FENCES`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal

BlockLanguage = Literal["yaml", "toml", "json", ""]

LIMIT = 1 << 16  # characters of front matter; the longest of 7,168 real blocks had 3,700
_BLANK = "\ufeff \t\n"
_FENCES: dict[str, BlockLanguage] = {"-": "yaml", "+": "toml", ";": "json"}
_FENCE = re.compile(r"(-{3,}|\+{3,}|;{3,})[ \t]*(?:\n|\Z)")
_CLOSING = re.compile(r"^(-{3,}|;{3,})[ \t]*$", re.MULTILINE)
_FIELD = re.compile(r"([A-Za-z_][\w-]*)[ \t]*:(?=[ \t\n]|\Z)")
_CONTINUED = re.compile(r"[ \t]+\S|-[ \t]|#|\Z")
_TELLING = frozenset({"title", "date", "layout", "tags", "categories"})  # "Note: x" above a rule is a Markdown heading


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A document cut in two. `flaw` says what was wrong with the fences, "" nothing."""

    language: BlockLanguage = ""  # "" = no front matter
    block: str = ""
    body: str = ""
    opened: bool = True  # False = Hexo's form without the opening fence
    flaw: str = ""


def split(text: str) -> Split:
    """Cut `text` into front matter and body; a document without front matter is all body."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    start = text.lstrip(_BLANK)
    fence = _FENCE.match(start)
    if fence:
        return _fenced(start, fence) or Split(body=text)
    if start.startswith("{"):
        return _bare_json(start) or Split(body=text)
    return _unopened(start) or Split(body=text.removeprefix("\ufeff"))


def _fenced(text: str, fence: re.Match[str]) -> Split | None:
    language = _FENCES[fence[1][0]]
    ends = re.escape(fence[1]) + (r"|\.\.\." if language == "yaml" else "")
    closing = re.compile(rf"^(?:{ends})[ \t]*$", re.MULTILINE).search(text, fence.end())
    if not closing:
        return _unclosed(text[fence.end() :]) if language == "yaml" else None
    return Split(language=language, block=text[fence.end() : closing.start()], body=_after(text, closing.end()))


def _unclosed(text: str) -> Split | None:
    """Take the fields up to the first line that is none; without any, the fence was a horizontal rule."""
    if not _FIELD.match(text):
        return None
    end = 0
    while end < min(len(text), LIMIT) and _is_front(text, end):
        end = (text.find("\n", end) + 1) or len(text)
    return Split(language="yaml", block=text[:end], body=text[end:].lstrip("\n"), flaw="the closing fence is missing")


def _is_front(text: str, start: int) -> bool:
    """Return whether the line at `start` can be front matter (a blank line cannot)."""
    return text[start] != "\n" and bool(_FIELD.match(text, start) or _CONTINUED.match(text, start))


def _unopened(text: str) -> Split | None:
    if not _FIELD.match(text):
        return None
    closing = _CLOSING.search(text, 0, LIMIT)
    if not closing:
        return None
    block = text[: closing.start()]
    keys = [m[1].lower() for m in map(_FIELD.match, block.split("\n")) if m]
    if _TELLING.isdisjoint(keys) or not all(_can_be_front(line) for line in block.split("\n")):
        return None
    language = _FENCES[closing[1][0]]
    return Split(language=language, block=block, body=_after(text, closing.end()), opened=False)


def _can_be_front(line: str) -> bool:
    return bool(_FIELD.match(line) or _CONTINUED.match(line))


def _bare_json(text: str) -> Split | None:
    """Take a JSON object at the head (Hugo); a body may begin with a brace too (Liquid), so it must be well-formed."""
    try:
        found, end = json.JSONDecoder().raw_decode(text[:LIMIT])
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return Split(language="json", block=text[:end], body=_after(text, end))


def _after(text: str, end: int) -> str:
    line_end = text.find("\n", end)
    rest = text[end:] if line_end < 0 else text[end:line_end]
    return text[end + len(rest) + 1 :] if not rest.strip() else text[end:]
