"""The second reader of front matter: line by line, for blocks that are not quite YAML or TOML; pure, linear.

It knows `key: value`, `key = value`, `- item`, `[a, b]` and continued lines, asks for nothing to be closed or
escaped, and never fails. Machines write titles in quotes and escape nothing; what stands between the outermost quotes
is meant.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedsvc.parsers.frontmatter.values import Value

_KEY = re.compile(
    r"(?P<quote>[\"']?)(?P<key>[^\W\d][\w.-]{0,60}(?: [\w.-]{1,30}){0,3})(?P=quote)[ \t]{0,40}(?::(?=[ \t]|$)|=(?!=))"
)
_BLOCK_MARKS = frozenset({"|", ">", "|-", ">-", "|+", ">+"})
_QUOTE_RUN = re.compile(r"[\"']{3,}")
_PIECES = re.compile(r"(?:'[^']*'|\"[^\"]*\")(?:[ \t]+(?:'[^']*'|\"[^\"]*\"))+")


def chunks(block: str) -> Iterator[tuple[str, str]]:
    """Yield (key, its lines) for each top-level field of `block`, in order."""
    key, lines = "", list[str]()
    for line in block.split("\n"):
        found = _KEY.match(line)
        if found:
            if key:
                yield key, "\n".join(lines)
            key, lines = found["key"], [line]
        elif key and line.strip() and not line.startswith("#"):
            lines.append(line)
    if key:
        yield key, "\n".join(lines)


def read(chunk: str) -> Value:
    """Read the value of one field from its lines, whatever they hold."""
    first, *rest = chunk.split("\n")
    found = _KEY.match(first)
    value = first[found.end() :].strip() if found else first.strip()
    items = [line.strip() for line in rest]
    if items and all(item.startswith("-") for item in items) and not value:
        return [unquote(item[1:]) for item in items]
    text = " ".join(["" if value in _BLOCK_MARKS else value, *items]).strip()
    if text.startswith("[") and text.rstrip(",").endswith("]"):
        return [unquote(item) for item in text.rstrip(",")[1:-1].split(",") if item.strip()]
    return unquote(text)


def unquote(text: str) -> str:
    """Return what stands between the outermost quotes of `text`; pieces quoted one by one are left as they are."""
    text = text.strip()
    run = _QUOTE_RUN.match(text)
    if run and text.endswith(run[0][::-1]) and len(text) > 2 * len(run[0]):
        return text[len(run[0]) : -len(run[0])].strip("\"'").strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" and not _PIECES.fullmatch(text):
        return _unescape(text[1:-1], text[0])
    if text[:1] in ('"', "'") and text.count(text[0]) == 1:
        return text[1:].strip()  # opened and never closed
    return text


def _unescape(text: str, quote: str) -> str:
    if quote == "'":
        return text.replace("''", "'")
    return text.replace('\\"', '"').replace("\\\\", "\\")
