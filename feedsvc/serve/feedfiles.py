"""Answers `/feeds/...` from the files of the feeds: before Datasette, from memory, whatever its SQL is busy with.

The ETag is a digest of the bytes, so that another server with the same files gives the same answer.
"""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from feedsvc.serve.conditional import accepts_gzip, has_it, http_date, tags, wants_news
from feedsvc.serve.links import MEDIA_TYPES
from feedsvc.serve.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from pathlib import Path

    from feedsvc.serve.shelf import Kept

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_FRESH_SECONDS = 300  # how long a client may keep a feed without asking
_CACHING = f"public, max-age={_FRESH_SECONDS}"
_CACHING_FOR_EVER = "public, max-age=31536000, immutable"  # RFC 8246; a closed page does not change
_CLOSED = re.compile(r"(.*/archive/)([1-9][0-9]{0,9})\.([a-z]+)")
_MISSING = "There is no feed at this address. All the feeds are listed at /feeds/ and in /feeds/index.opml.\n"


class FeedFiles:
    """An ASGI application in front of another: what it knows is answered, the rest passed on."""

    def __init__(self, inner: Application, root: Path, base: str = "/") -> None:
        self._inner = inner
        self._shelf = Shelf(root)
        self._prefix = f"{base}feeds/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a feed; pass on everything else."""
        path = _feed_path(scope, self._prefix)
        if path is None:
            await self._inner(scope, receive, send)
            return
        status, headers, body = self._answer(scope, path)
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _answer(self, scope: Scope, path: str) -> tuple[int, dict[str, str], bytes]:
        if scope["method"] == "OPTIONS":
            return 204, {"allow": "GET, HEAD, OPTIONS", "access-control-allow-headers": "*", **_CORS}, b""
        if scope["method"] not in ("GET", "HEAD"):
            return _text(405, "Feeds are only read: GET or HEAD.\n", allow="GET, HEAD, OPTIONS")
        kept = self._shelf.find(path) if _is_safe(path) else None
        if kept is None:
            return _text(404, _MISSING)
        return self._feed(
            path, kept, {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        )

    def _feed(self, path: str, kept: Kept, asked: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        zipped = accepts_gzip(asked.get("accept-encoding", ""))
        coding = "-gzip" if zipped else ""  # a strong tag names bytes: each coding has its own (RFC 9110 §8.8.3.3)
        headers = {
            "etag": f'"{kept.tag}{coding}"',
            "last-modified": http_date(kept.modified),
            "cache-control": _CACHING_FOR_EVER if _CLOSED.fullmatch(path) else _CACHING,
            "vary": "Accept-Encoding",
            **_CORS,
        }
        if links := self._links(path, kept):
            headers["link"] = links
        if has_it(asked, kept.tag, kept.modified):
            return 304, headers, b""
        headers["content-type"] = MEDIA_TYPES[path.rpartition(".")[2]]
        headers["x-content-type-options"] = "nosniff"
        if zipped:
            headers["content-encoding"] = "gzip"
        status, body = 200, self._shelf.compressed(path, kept) if zipped else kept.body
        if wants_news(asked) and (news := self._news(path, kept, asked)) is not None:
            status, body = 226, gzip.compress(news, compresslevel=6, mtime=0) if zipped else news
            headers |= {"im": "feed", "cache-control": "no-store, im", "vary": "Accept-Encoding, A-IM, If-None-Match"}
        headers["content-length"] = str(len(body))
        return status, headers, body

    def _news(self, path: str, kept: Kept, asked: dict[str, str]) -> bytes | None:
        """Return the feed without the entries of the version that the client has (RFC 3229, instance manipulation "feed")."""
        found = (self._shelf.news(path, kept, tag) for tag in tags(asked["if-none-match"]))
        return next((each for each in found if each is not None), None)

    def _links(self, path: str, kept: Kept) -> str:
        """Return the document's links, and that to the next closed page, which the document could not know of."""
        page = _CLOSED.fullmatch(path)
        if not page or 'rel="next-archive"' in kept.links:
            return kept.links
        following = f"{int(page[2]) + 1}.{page[3]}"
        return (
            f'{kept.links}, <{following}>; rel="next-archive"'
            if self._shelf.exists(page[1] + following)
            else kept.links
        )


_CORS = {"access-control-allow-origin": "*", "access-control-expose-headers": "ETag, Last-Modified, Link"}


def _feed_path(scope: Scope, prefix: str) -> str | None:
    """Return the path below the root that is asked for, decoded; None when it is not a feed that is asked for."""
    if scope["type"] != "http":
        return None
    raw = scope.get("raw_path") or scope["path"].encode()
    asked = raw.partition(b"?")[0]
    if not asked.startswith(prefix.encode()) or asked == prefix.encode():
        return None
    path = unquote_to_bytes(asked[len(prefix) :]).decode("utf-8", "surrogateescape")
    return path if path.rpartition(".")[2] in MEDIA_TYPES else None


def _is_safe(path: str) -> bool:
    """Return whether `path` stays below the root: no step up, nothing hidden, no NUL, no absolute path."""
    return "\0" not in path and all(part and not part.startswith(".") for part in path.split("/"))


def _text(status: int, body: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body)), **_CORS, **headers}
    return status, sent, body.encode()
