"""One page, one key: what is left of an address when nothing but the page counts.

Pure. For comparison only, never shown or fetched. To drop another tracking parameter: one word in `_TRACKING`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from urllib.parse import quote, urlsplit

_TRACKING = re.compile(
    r"(?:utm_\w{1,40}|spm|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|mc_cid|mc_eid|mkt_tok|igshid|_hsenc|_hsmi|hss_channel"
    r"|ref_src|wprss|_ga|nsukey|isappinstalled|wechat_redirect|at_medium|at_campaign|ftag|xtor|cmpid|ncid|phpsessid|jsessionid)\Z",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"(?:utm_|xtor=|ref=|rss|from|comments?\Z|respond\Z|more-\d+\Z|top\Z|at=|ftag=|spm=|scene=|rd\Z|wechat_redirect)",
    re.IGNORECASE,
)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)\Z", re.IGNORECASE)
_SLASHES = re.compile(r"//+")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("-._~")
_DEFAULT_PORTS = (None, 80, 443)


@lru_cache(maxsize=256)  # an article asks for its own address twice
def link_key(url: str) -> str:
    """Give the key of a web address; "" for what is none.

    Scheme, `www.` and `m.`, default ports, index pages, tracking and trailing slashes take no part; a fragment that
    names something (`#2.3.15`, `#!/page`) does.
    """
    address = url.strip()
    if address[:4].lower() != "http":
        return ""
    try:
        parts = urlsplit(address)
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:  # not a port, not an IPv6 address
        return address
    if not host:
        return ""
    fragment = parts.fragment if parts.fragment and not _FURNITURE.match(parts.fragment) else ""
    query = "&".join(one for one in parts.query.split("&") if one and not _TRACKING.match(one.split("=", 1)[0]))
    where = host if port in _DEFAULT_PORTS else f"{host}:{port}"
    return where + _path(parts.path) + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")


def _host(host: str) -> str:
    if not host.isascii():
        with suppress(UnicodeError):
            host = host.encode("idna").decode()
    host = host.rstrip(".")
    for prefix in ("www.", "m."):
        if host.startswith(prefix) and host.count(".") > 1:
            return host[len(prefix) :]
    return host


def _path(path: str) -> str:
    if "%" in path:
        path = _ESCAPE.sub(_unescaped, path)
    if not path.isascii():
        path = quote(path, safe="/%:@!$&'()*+,;=-._~")
    if "//" in path:
        path = _SLASHES.sub("/", path)
    path = _INDEX.sub("/", path)
    return path.rstrip("/") or "/"


def _unescaped(match: re.Match[str]) -> str:
    character = chr(int(match.group(1), 16))
    plain = character.isascii() and (character.isalnum() or character in _UNRESERVED)
    return character if plain else match.group().upper()
