"""Stands before Datasette: in public it answers for none of the pages that describe the machine, and every answer is marked.

Datasette's own pages under `/-/` name files, threads, versions and plugins. They help whoever runs it, and whoever looks for
a way in. What people and load balancers need of ours stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from feedsvc.serve.feedfiles import Application, Receive, Scope, Send
    from feedsvc.serve.site import Site

_OPEN = ("status", "healthz", "metrics", "static", "static-plugins", "logout")  # below /-/ in public
_MARKS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
_CLOSED = b"There is nothing here in public.\n"


class Gate:
    """An ASGI application in front of another; `site` is asked at each request, since a reload may open or close it."""

    def __init__(self, inner: Application, site: Callable[[], Site | None]) -> None:
        self._inner = inner
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        site = self._site()
        if scope["type"] != "http" or site is None:
            await self._inner(scope, receive, send)
        elif site.closed and _describes(scope["path"], site.links.base):
            headers = [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", b"%d" % len(_CLOSED)),
                *_MARKS,
            ]
            await send({"type": "http.response.start", "status": 404, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else _CLOSED})
        else:
            await self._inner(scope, receive, _marking(send))


def _describes(path: str, base: str) -> bool:
    """Return whether `path` is a page of Datasette about itself."""
    own = path.removeprefix(base.rstrip("/")).lstrip("/")
    return own.startswith("-/") and own.split("/")[1] not in _OPEN


def _marking(send: Send) -> Send:
    async def marked(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(mark for mark in _MARKS if mark[0] not in there)]
        await send(message)

    return marked
