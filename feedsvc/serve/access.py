"""Stands before Datasette: in public it answers for none of the pages that describe the machine, and takes nothing in.

Datasette's own pages under `/-/` name files, threads, versions and plugins. They help whoever runs it, and whoever looks for
a way in. What people and load balancers need of ours stays. Nothing but the operator's form is ever sent to us, while what
stands behind reads whatever is sent, to its end. Every answer is marked, in public or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from feedsvc.serve.context import ServedArchive
    from feedsvc.serve.feeds.responses import Application, Receive, Scope, Send

_OPEN = ("status", "operator", "healthz", "metrics", "static", "static-plugins", "logout")  # below /-/ in public
_MARKS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
_READING = ("GET", "HEAD", "OPTIONS")
_FORM = "-/operator"
_LONGEST = 4_096  # bytes of a form
_REFUSALS = {
    404: b"There is nothing here in public.\n",
    405: b"This can be read, and nothing else.\n",
    413: b"That is too much.\n",
}


class AccessGate:
    """An ASGI application in front of another; `site` is asked at each request, since a reload may open or close it."""

    def __init__(self, inner: Application, site: Callable[[], ServedArchive | None]) -> None:
        self._inner = inner
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        site = self._site()
        if scope["type"] != "http" or site is None:
            await self._inner(scope, receive, send)
        elif site.closed and (
            status := _refusal(scope, scope["path"].removeprefix(site.links.base.rstrip("/")).strip("/"))
        ):
            body = _REFUSALS[status]
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body)), *_MARKS]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        else:
            await self._inner(scope, receive, _marking(send))


def _refusal(scope: Scope, path: str) -> int:
    """Return the status with which a request for `path`, below our base, is refused in public; 0 when it is not."""
    if path.startswith("-/") and path.split("/")[1] not in _OPEN:
        return 404
    if scope["method"] in _READING:
        return 0
    if path != _FORM:
        return 405
    length = dict(scope["headers"]).get(b"content-length", b"")
    return 0 if length.isdigit() and int(length) <= _LONGEST else 413


def _marking(send: Send) -> Send:
    async def marked(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(mark for mark in _MARKS if mark[0] not in there)]
        await send(message)

    return marked
