"""The date in a path or an address: /2022/05/18/, /2022/0518/, /20220518/, t20220518_1.html, 2022-05-18-title.md.

Pure. Days only; a date is taken from whole segments and the beginning of a file name, never from the middle of a title.
To add a shape: one pattern of `_SHAPES`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feedsvc.rules.dates import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

_YEAR, _MONTH, _DAY = r"((?:19|20)\d\d)", r"(0[1-9]|1[0-2])", r"(0[1-9]|[12]\d|3[01])"
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        rf"(?:^|/){_YEAR}/(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])(?:/|$)",  # 2022/05/18, 2022/5/18
        rf"(?:^|/){_YEAR}/{_MONTH}-?{_DAY}(?:/|$)",  # 2022/0518
        rf"(?:^|/){_YEAR}-{_MONTH}[-/]{_DAY}(?=[-_/. ]|$)",  # 2022-05-18-title, 2022-05/18
        rf"(?:^|/){_YEAR}{_MONTH}/?{_DAY}(?=[-_/]|\.[a-z]|$)",  # 20220518, 202205/18
        rf"(?:^|/)t{_YEAR}{_MONTH}{_DAY}_",  # t20220518_123.html
    )
)
_PATH_CHARACTERS = 2048
_HOUSE = re.compile(r"^(?:(?:www|feeds?|rss|blog|news|m)\.)+")


def path_readings(path: str) -> Iterator[tuple[str, parse.ParsedDate]]:
    """Yield the dates of `path` (a path or an address) as written, each with its reading: midnight, no zone."""
    bare = re.sub(r"^[a-z]+://[^/]{0,255}|[?#].*", "", path[:_PATH_CHARACTERS])
    for shape in _SHAPES:
        for found in shape.finditer(bare):
            reading = parse.read("-".join(found.groups()))
            if reading:
                yield found.group().strip("/"), reading


def same_house(address: str, other: str) -> bool:
    """Whether two addresses are of one site: the same host but for "www.", "feeds." and the like."""
    try:
        host, other_host = (_HOUSE.sub("", urlsplit(url).hostname or "") for url in (address, other))
    except ValueError:
        return False
    return bool(host) and host == other_host
