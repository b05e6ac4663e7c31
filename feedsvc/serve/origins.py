"""Keeps a private archive private: web pages of other origins, which a browser on this machine may show, get nothing of it.

    DNS rebinding        evil.example leads to 127.0.0.1       the name in `Host` is none of ours: 421 (RFC 9110 §15.5.20)
    requests of pages    <img src="http://127.0.0.1:8001/…">   `Sec-Fetch-Site` says where from: 403 (W3C Fetch Metadata)

A person who follows a link from another site to a page is answered. In public mode none of this applies: there is nothing
that is not public. But absolute addresses in answers are made of `[service] url` there, and never of a visitor's `Host`.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feedsvc.model.layout import FEEDS
from feedsvc.pictures.substitution import FOLDER
from feedsvc.serve.asgi import refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.config import Config
    from feedsvc.serve.context import ServedArchive
    from feedsvc.serve.feeds.responses import Application, Receive, Scope, Send

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
# Where a request comes from, when a page of another origin made it: another port of this host is another origin too.
_OTHERS = frozenset({b"cross-site", b"same-site"})
_SHARED = (f"{FEEDS}/", f"{FOLDER}/")  # static files; without `Access-Control-Allow-Origin` a page cannot read them
_DATA = (".json", ".csv")
_SEALED = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


def private_hosts(config: Config) -> frozenset[str] | None:
    """Return the host names that are answered, in lower case and without port; None = all of them."""
    if config.serve.public:
        return None
    named = (urlsplit(config.url).netloc, config.serve.host, *config.serve.hosts)
    return _LOOPBACK | {host_name(each.encode("idna" if not each.isascii() else "ascii")) for each in named if each}


def host_name(host: bytes) -> str:
    """Return the name in a `Host` header in lower case, without port and final dot; "" = it is none (RFC 9110 §7.2).

    An IPv6 address stands in brackets, as browsers write it.
    """
    text = host.decode("latin-1").strip().lower()
    try:
        return f"[{ipaddress.IPv6Address(text.strip('[]')).compressed}]"
    except ValueError:
        pass
    if text.startswith("["):
        address, _, _ = text.partition("]")
        return host_name(address.encode("latin-1")) if address != text else ""
    return text.partition(":")[0].rstrip(".")


class OriginGate:
    """An ASGI application in front of all others; `site` is asked at each request, since a reload may change it."""

    def __init__(self, inner: Application, site: Callable[[], ServedArchive | None]) -> None:
        self._inner = inner
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        site = self._site()
        if scope["type"] == "http" and site is not None and site.hosts is not None:
            refused = _refusal(scope, site)
            if refused is not None:
                status, words = refused
                await refuse(scope, send, status, words.encode(), _SEALED)
                return
        elif scope["type"] == "http" and site is not None and site.url:
            scope = _as_published(scope, site.url)
        await self._inner(scope, receive, send)


def _as_published(scope: Scope, url: str) -> Scope:
    """Return `scope` as if the request had been made to `url`, the public base, whatever name a visitor or a proxy wrote.

    Absolute addresses that Datasette makes (`next_url`, `Link`) are made of the name in `Host`.
    """
    place = urlsplit(url)
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    host = place.netloc.encode("ascii" if place.netloc.isascii() else "idna")
    return {**scope, "scheme": place.scheme, "headers": [(b"host", host), *headers]}


def _refusal(scope: Scope, site: ServedArchive) -> tuple[int, str] | None:
    """Return the status and the words with which a request is refused; None when it is not."""
    headers = dict(scope["headers"])
    name = host_name(headers.get(b"host", b""))
    if site.hosts is not None and name not in site.hosts:
        shown = "".join(character if character.isalnum() or character in "-.[]:" else "?" for character in name[:200])
        return 421, (
            f"This server is private and does not answer to the name {shown!r}. Its operator can add the name to"
            " [serve] hosts in config.toml, or set [serve] public = true.\n"
        )
    path = scope["path"].removeprefix(site.links.base.rstrip("/")).lstrip("/")
    if headers.get(b"sec-fetch-site") in _OTHERS and not _may_cross(scope, headers, path, cors=site.cors):
        return 403, (
            "This server is private: a page of another site may link here, but not load this. [serve] cors = true in"
            " config.toml lets other sites read JSON and CSV.\n"
        )
    return None


def _may_cross(scope: Scope, headers: dict[bytes, bytes], path: str, *, cors: bool) -> bool:
    """Return whether a page of another origin may make this request."""
    if path.startswith(_SHARED):
        return True
    if cors and path.endswith(_DATA):
        return True
    followed = headers.get(b"sec-fetch-mode") == b"navigate" and headers.get(b"sec-fetch-dest") == b"document"
    return followed and scope["method"] in ("GET", "HEAD")
