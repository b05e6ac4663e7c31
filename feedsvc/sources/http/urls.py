"""Addresses as text: what may be shown of them, and where their credentials are. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

_SECRET_NAME = re.compile(
    r"(?i)(?:^|[^a-z])(?:(?:access|api|auth|client|feed|private|rss|user)?(?:token|key|secret)"
    r"|passw(?:or)?d|pass|pwd|auth|sig|signature|code|credentials?)$"
)
_PORTS = {"http": 80, "https": 443}
_MASK = "***"


class Credentials(NamedTuple):
    """A login as it stands in an address."""

    username: str
    password: str


@lru_cache(maxsize=4096)  # a run shows its address five times, and a thousand runs are on at a time
def public_url(url: str) -> str:
    """Return `url` as it may be shown and stored: without userinfo, and secret-looking values of its query as `***`.

    It is also the locator of a remote document: a new password or token does not change it.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # "Invalid IPv6 URL"
        return "(an address that is none)"
    query = "&".join(_masked(pair) for pair in parts.query.split("&"))
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


def _masked(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={_MASK}" if equals and value and _SECRET_NAME.search(name) else pair


def split_userinfo(url: str) -> tuple[str, Credentials | None]:
    """Return `url` without its userinfo, and the login that stood there."""
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    username, _, password = userinfo.partition(":")
    bare = urlunsplit((parts.scheme, host, parts.path, parts.query, parts.fragment))
    return bare, Credentials(unquote(username), unquote(password))


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses share scheme, host and port (RFC 6454): what one may know, the other may."""
    try:
        return _origin(one) == _origin(other)
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
