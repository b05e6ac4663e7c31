"""Glob patterns over locators, compiled once: pure.

The language is that of `pathlib.PurePath.full_match`: `*` and `?` stay inside one segment, `[a-z]` is a set, `[!a-z]` its
complement, `**` as a whole segment is any number of segments, and a pattern has to match the whole locator.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAIN_SUFFIX = re.compile(r"\*\*/\*([^/*?\[\]]+)")  # `**/*.md` is nothing but `endswith(".md")`
_SET = re.compile(r"\[(!?)(\]?[^\]/]*)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Globs:
    """What a tuple of patterns says of a locator, and of a folder."""

    matches: Callable[[str], bool]  # of a locator
    covers: Callable[[str], bool]  # of a folder's locator: everything below it matches, so it need not be looked into


@lru_cache(maxsize=256)
def compile_globs(patterns: tuple[str, ...]) -> Globs:
    """Return the matcher of `patterns`; no pattern matches nothing."""
    suffixes = tuple(found[1] for pattern in patterns if (found := _PLAIN_SUFFIX.fullmatch(pattern)))
    others = [pattern for pattern in patterns if not _PLAIN_SUFFIX.fullmatch(pattern)]
    whole = [pattern.removesuffix("/**") for pattern in others if pattern.endswith("/**")]
    return Globs(matches=_matcher(suffixes, others), covers=_matcher((), whole))


def _matcher(suffixes: tuple[str, ...], patterns: list[str]) -> Callable[[str], bool]:
    if not patterns:
        return lambda locator: locator.endswith(suffixes)
    expression = re.compile("|".join(map(_translated, patterns)), re.DOTALL)
    return lambda locator: locator.endswith(suffixes) or expression.fullmatch(locator) is not None


def _translated(pattern: str) -> str:
    """Return `pattern` as a regular expression for `fullmatch`."""
    segments: list[str] = []
    for segment in pattern.split("/"):
        if segment != "**" or segments[-1:] != ["**"]:  # `**/**` is `**`
            segments.append(segment)
    last = segments.pop()
    folders = "".join("(?:[^/]+/)*" if s == "**" else f"{_segment(s)}/" for s in segments)
    return folders + (".+" if last == "**" else _segment(last))


def _segment(glob: str) -> str:
    out, at = "", 0
    while at < len(glob):
        if glob[at] == "[" and (found := _SET.match(glob, at)) and found[2]:
            members = re.sub(r"([\\\[\]^&~|])", r"\\\1", found[2])
            out, at = out + f"(?!/)[{'^' if found[1] else ''}{members}]", found.end()
            continue
        # runs of stars are one star: `***` would make the expression try every way to share out the text
        if glob[at] == "*":
            out += "" if glob[at - 1 : at] == "*" else "[^/]*"
        else:
            out += "[^/]" if glob[at] == "?" else re.escape(glob[at])
        at += 1
    return out
