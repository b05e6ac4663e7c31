"""Answers `/feeds/...` from the files of the feeds: before Datasette, from memory, whatever its SQL is busy with.

A file is kept in memory as long as its time, size and inode stay the same, its compressed form beside it. The ETag is a
digest of the bytes, so that another server with the same files gives the same answer.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from feedsvc.serve.conditional import accepts_gzip, has_it, http_date
from feedsvc.serve.links import MEDIA_TYPES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from pathlib import Path

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

CACHE_BYTES = 64 << 20
_FRESH_SECONDS = 300  # how long a client may keep a feed without asking
_ARCHIVE_SECONDS = 604_800  # a closed page of the archive does not change, but may be withdrawn
_NO_ROOM = 4 << 20  # bytes; a larger file is answered but not kept
_MISSING = "There is no feed at this address. All the feeds are listed at /feeds/ and in /feeds/index.opml.\n"


@dataclass(slots=True)
class Kept:
    """One file in memory."""

    stamp: tuple[int, int, int]  # mtime in ns, size, inode
    body: bytes
    tag: str  # digest of the body, without quotes
    modified: datetime  # UTC
    compressed: bytes = b""  # made when first asked for

    @property
    def size(self) -> int:
        """Return the bytes held."""
        return len(self.body) + len(self.compressed)


class Shelf:
    """The files below `root`, the most wanted of them in memory: at most `limit` bytes."""

    def __init__(self, root: Path, limit: int = CACHE_BYTES) -> None:
        self._root = os.path.realpath(root)
        self._limit = limit
        self._held = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def find(self, path: str) -> Kept | None:
        """Return the file at `path`, or None when there is none, or none that lies below the root."""
        place = os.path.join(self._root, path)  # noqa: PTH118 - a Path costs more than the rest of this function
        try:
            found = os.stat(place, follow_symlinks=False)  # noqa: PTH116
        except (OSError, ValueError):
            self._drop(path)
            return None
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        kept = self._kept.get(path)
        if kept is not None and kept.stamp == stamp:
            self._kept.move_to_end(path)
            return kept
        self._drop(path)
        return self._load(path, place) if stat.S_ISREG(found.st_mode) else None

    def compressed(self, path: str, kept: Kept) -> bytes:
        """Return the gzip form of `kept`, made once."""
        if not kept.compressed:
            kept.compressed = gzip.compress(kept.body, compresslevel=6, mtime=0)
            if self._kept.get(path) is kept:
                self._held += len(kept.compressed)
                self._shrink()
        return kept.compressed

    def _load(self, path: str, place: str) -> Kept | None:
        try:
            if os.path.realpath(place, strict=True) != place:  # a link somewhere above it
                return None
            handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(handle, "rb") as file:  # noqa: PTH123
                found = os.fstat(handle)
                body = file.read()
        except OSError:
            return None
        kept = Kept(
            stamp=(found.st_mtime_ns, found.st_size, found.st_ino),
            body=body,
            tag=hashlib.sha256(body).hexdigest()[:32],
            modified=datetime.fromtimestamp(int(found.st_mtime), UTC),
        )
        if kept.size <= min(_NO_ROOM, self._limit):
            self._kept[path] = kept
            self._held += kept.size
            self._shrink()
        return kept

    def _shrink(self) -> None:
        while self._held > self._limit:
            self._held -= self._kept.popitem(last=False)[1].size

    def _drop(self, path: str) -> None:
        if (kept := self._kept.pop(path, None)) is not None:
            self._held -= kept.size


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
        tag = (
            f"{kept.tag}-gzip" if zipped else kept.tag
        )  # a strong tag names bytes: each coding has its own (RFC 9110 §8.8.3.3)
        headers = {
            "etag": f'"{tag}"',
            "last-modified": http_date(kept.modified),
            "cache-control": f"public, max-age={_ARCHIVE_SECONDS if '/archive/' in path else _FRESH_SECONDS}",
            "vary": "Accept-Encoding",
            **_CORS,
        }
        if has_it(asked, tag, kept.modified):
            return 304, headers, b""
        body = self._shelf.compressed(path, kept) if zipped else kept.body
        headers["content-type"] = MEDIA_TYPES[path.rpartition(".")[2]]
        headers["content-length"] = str(len(body))
        headers["x-content-type-options"] = "nosniff"
        if zipped:
            headers["content-encoding"] = "gzip"
        return 200, headers, body


_CORS = {"access-control-allow-origin": "*", "access-control-expose-headers": "ETag, Last-Modified"}


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
