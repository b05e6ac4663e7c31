"""Answers `/media/<digest>.<extension>` from the kept pictures: before Datasette, from the file, piece by piece.

The address names the bytes, so that an answer never grows old. A picture is somebody else's file: it is sent as what its bytes
are and as nothing else, and whoever opens its address opens it in a sandbox.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

from feedsvc.pictures import MEDIA_TYPES
from feedsvc.pictures.substitution import FOLDER
from feedsvc.serve.asgi import adding
from feedsvc.store.pictures.picture_files import PictureFiles, is_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from feedsvc.serve.feeds.responses import Application, Receive, Scope, Send

_PIECE: Final = 1 << 18  # bytes
_FOR_EVER: Final = "public, max-age=31536000, immutable"  # RFC 8246
_MISSING: Final = b"There is no picture at this address.\n"
_READABLE: Final = (b"access-control-allow-origin", b"*")  # for pages of other origins (Fetch §3.2)
_SAFE: Final = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",  # feeds show pictures in readers of other origins
    "referrer-policy": "no-referrer",
}


class MediaFiles:
    """An ASGI application in front of another: pictures of the archive at `folder` are answered, the rest passed on."""

    def __init__(
        self, inner: Application, folder: Path, base: str = "/", is_shared: Callable[[], bool] = lambda: True
    ) -> None:
        """Answer for the pictures below `folder`; pages of other origins may read them while `is_shared` returns true."""
        self._inner = inner
        self._gallery = PictureFiles(folder)
        self._prefix = f"{base}{FOLDER}/"
        self._is_shared = is_shared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for a picture; pass on everything else."""
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix):
            await self._inner(scope, receive, send)
            return
        send = adding(send, _READABLE) if self._is_shared() else send
        name = scope["path"].removeprefix(self._prefix)
        if scope["method"] not in ("GET", "HEAD"):
            await _say(send, 405, b"Pictures are only read: GET or HEAD.\n", {"allow": "GET, HEAD"})
        elif not is_name(name):
            await _say(send, 404, _MISSING, {"cache-control": "no-cache"})
        else:
            await _picture(scope, send, self._gallery, name)


async def _picture(scope: Scope, send: Send, gallery: PictureFiles, name: str) -> None:
    path = await asyncio.to_thread(gallery.find, name)
    if path is None:
        hidden = await asyncio.to_thread(gallery.is_hidden, name)
        await _say(send, 410 if hidden else 404, _MISSING, {"cache-control": "no-cache"})
        return
    digest, _, extension = name.partition(".")
    headers = {"etag": f'"{digest}"', "cache-control": _FOR_EVER}
    if _has_it(scope, digest):
        await _say(send, 304, b"", headers)
        return
    await _send(scope, send, path, {**headers, "content-type": MEDIA_TYPES[extension]})


async def _send(scope: Scope, send: Send, path: Path, headers: dict[str, str]) -> None:
    file = await asyncio.to_thread(path.open, "rb")
    with file:
        left = os.fstat(file.fileno()).st_size
        await _begin(send, 200, {**headers, "content-length": str(left)})
        while left > 0 and scope["method"] == "GET" and (piece := await asyncio.to_thread(file.read, _PIECE)):
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _has_it(scope: Scope, digest: str) -> bool:
    """Return whether the client has these bytes: their name is their tag (RFC 9110 §13.1.2)."""
    asked = next((value for name, value in scope["headers"] if name == b"if-none-match"), b"").decode("latin-1")
    return f'"{digest}"' in asked or asked.strip() == "*"


async def _say(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    plain = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body))} if body else {}
    await _begin(send, status, {**plain, **headers})
    await send({"type": "http.response.body", "body": body})


async def _begin(send: Send, status: int, headers: dict[str, str]) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in {**_SAFE, **headers}.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
