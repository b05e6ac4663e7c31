"""Whether a client has what it asks for already: RFC 9110 §13, for answers that are files. Pure.

Feeds are polled far more often than they change, so that this is what most requests come to.
"""

from __future__ import annotations

import re
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_CODING = re.compile(r"(?:-|;)(?:gzip|br|zstd|deflate)$")  # what proxies put behind a tag that they compress under
_WEIGHT = re.compile(r"\s*q\s*=\s*([0-9.]+)\s*")


def has_it(headers: Mapping[str, str], tag: str, modified: datetime) -> bool:
    """Return whether a request with `headers` (lower-case names) needs only a 304 for the entity `tag` (without quotes).

    If-None-Match wins over If-Modified-Since (§13.2.2) and compares weakly (§13.1.2), ignoring the coding behind a tag: a
    client that has the compressed form of the same bytes has them. A date that cannot be read is no condition.
    """
    if "if-none-match" in headers:
        return _matches(headers["if-none-match"], tag)
    since = _date(headers.get("if-modified-since", ""))
    return since is not None and modified.replace(microsecond=0) <= since


def wants_news(headers: Mapping[str, str]) -> bool:
    """Return whether a request with `headers` takes only what is new to it (RFC 3229 §10.5.3; "feed" is what readers send)."""
    wanted = (part.partition(";")[0].strip().lower() for part in headers.get("a-im", "").split(","))
    return "feed" in wanted and "if-none-match" in headers


def tags(asked: str) -> list[str]:
    """Return the entity tags of an If-None-Match, without coding, quotes and weakness."""
    return [bare(found) for found in _TAG.findall(asked)]


def accepts_gzip(accept_encoding: str) -> bool:
    """Return whether `Accept-Encoding` allows gzip; a coding with weight 0 is refused, `*` stands for the unnamed ones."""
    weights = _weights(accept_encoding)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def prefers(accept: str, offered: Mapping[str, str], page: str = "text/html") -> str:
    """Return the key of the media type in `offered` that `Accept` names and wants more than `page`; "" for the page.

    Only a type that is named counts (RFC 9110 §12.5.1): a browser's `*/*` means the page.
    """
    weights = _weights(accept)
    named = {key: weights[media_type] for key, media_type in offered.items() if media_type in weights}
    best = max(named, key=lambda key: named[key], default="")
    return best if best and named[best] > weights.get(page, 0.0) else ""


def http_date(moment: datetime) -> str:
    """Return `moment` (UTC) as IMF-fixdate (RFC 9110 §5.6.7)."""
    return format_datetime(moment, usegmt=True)


def _weights(header: str) -> dict[str, float]:
    """Return what a header lists, in small letters, with the weight of each (RFC 9110 §12.4.2)."""
    weights = {}
    for part in header.lower().split(","):
        name, _, parameter = part.partition(";")
        weight = _WEIGHT.fullmatch(parameter)
        weights[name.strip()] = _number(weight[1]) if weight else 1.0
    return weights


def _matches(asked: str, tag: str) -> bool:
    if asked.strip() == "*":
        return True
    return bare(tag) in tags(asked)


def bare(tag: str) -> str:
    """Return `tag` without the coding that it was sent under."""
    return _CODING.sub("", tag)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
