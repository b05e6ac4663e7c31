"""What a request for a file wants: which codings it takes, and whether it has the file already (RFC 9110 §12.5.3, §13). Pure.

Feeds are polled far more often than they change, so that "has it already" is what most requests come to; and pollers send
the same few headers for ever, so that what those mean is kept. What no poller sends is read anew each time: a visitor
chooses the text, and the cache would hold whatever that takes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

PLAIN: Final = ""  # no coding at all, "identity" in a request
CODINGS: Final = ("br", "zstd", "gzip", PLAIN)  # those that we may have, the smallest first
# that `wanted` reads
HEADERS: Final = ("accept-encoding", "if-none-match", "if-modified-since", "a-im", "sec-fetch-dest")
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_CODING = re.compile(
    r"(?:-|;)(?:gzip|br|zstd|deflate)$"
)  # what we and proxies put behind a tag that is sent compressed
_WEIGHT = re.compile(r"\s*q\s*=\s*([0-9.]+)\s*")
# readings of headers that are kept, and the longest of them: characters in all, and quotes, which bound the tags. A
# reading with all of these takes 3 KB, so that the cache has an end at about 12 MB.
_KEPT: Final = 4096
_LONGEST: Final = 512
_QUOTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What the headers of a request say; tags are without coding, quotes and weakness."""

    codings: tuple[str, ...]  # that it takes, best first
    tags: tuple[str, ...] | None = None  # of If-None-Match; None = there is none
    anything: bool = False  # If-None-Match: *
    since: datetime | None = None  # If-Modified-Since
    page: bool = False  # a person goes there with a browser, which shows a feed as its source
    delta: bool = False  # takes only what is new to it (RFC 3229 §10.5.3; "feed" is what readers send)

    def has(self, tag: str, modified: datetime) -> bool:
        """Return whether a 304 is enough, where the file has the tag `tag` and was modified at `modified`.

        If-None-Match wins over If-Modified-Since (§13.2.2) and compares weakly (§13.1.2), ignoring the coding behind a tag:
        a client that has the compressed form of the same bytes has them. A date that cannot be read is no condition.
        """
        if self.tags is not None:
            return self.anything or bare(tag) in self.tags
        return self.since is not None and modified.replace(microsecond=0) <= self.since


def wanted(headers: Mapping[str, str]) -> Preferences:
    """Return what the request with `headers` (lower-case names) wants."""
    said = (*map(headers.get, HEADERS),)
    length = sum(len(text) for text in said if text)
    usual = length <= _LONGEST and (headers.get("if-none-match") or "").count('"') <= _QUOTES
    return _kept(*said) if usual else _read(*said)


def _read(
    accepted: str | None, none_match: str | None, since: str | None, manipulations: str | None, destination: str | None
) -> Preferences:
    asked = (part.partition(";")[0].strip().lower() for part in (manipulations or "").split(","))
    return Preferences(
        codings=codings(accepted),
        tags=None if none_match is None else tuple(bare(found) for found in _TAG.findall(none_match)),
        anything=(none_match or "").strip() == "*",
        since=_date(since or ""),
        page=destination == "document",
        delta="feed" in asked and none_match is not None,
    )


_kept = lru_cache(maxsize=_KEPT)(_read)


def codings(accept_encoding: str | None) -> tuple[str, ...]:
    """Return those of `CODINGS` that `Accept-Encoding` takes, best first; none where it refuses everything.

    A weight of 0 refuses. Plain bytes are the last resort unless they are named or refused (§12.5.3). `*` stands for gzip and
    for plain bytes alone: who names nothing may not know what is newer.
    """
    weights = _weights(accept_encoding or "")
    rest = weights.get("*")
    plain = weights.get("identity", 0.0 if rest == 0.0 else _LAST)
    found = {
        "br": weights.get("br", 0.0),
        "zstd": weights.get("zstd", 0.0),
        "gzip": weights.get("gzip", weights.get("x-gzip", rest or 0.0)),
        PLAIN: plain,
    }
    return tuple(sorted((each for each in CODINGS if found[each] > 0), key=lambda each: -found[each]))


_LAST: Final = 0.0001  # below every weight that can be sent, which have three decimals


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


def bare(tag: str) -> str:
    """Return `tag` without the coding that it was sent under."""
    return _CODING.sub("", tag)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):  # a year of twenty digits is no `int` of C
        return None
    return moment if moment.tzinfo else None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
