"""Answers `/feeds/...` from the files of the feeds: before Datasette, from memory, whatever its SQL is busy with.

The ETag is a digest of the bytes, so that another server with the same files gives the same answer.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes

from feedsvc.formats import FORMATS
from feedsvc.model.catalog import CONTENT_TYPES
from feedsvc.model.layout import FEEDS, INDEX, closed_page, document, form_of, page
from feedsvc.serve.feeds.conditional import HEADERS, PLAIN, http_date, wanted
from feedsvc.serve.feeds.file_cache import FileCache

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping
    from pathlib import Path

    from feedsvc.serve.feeds.conditional import Preferences
    from feedsvc.serve.feeds.file_cache import CachedFile

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_FRESH_SECONDS = 300  # how long a client may keep a feed without asking
CACHING = f"public, max-age={_FRESH_SECONDS}"
CACHING_FOR_EVER = "public, max-age=31536000, immutable"  # RFC 8246; a closed page does not change
RAW = b"raw"  # the query by which a person sees the document itself
_CORS = {"access-control-allow-origin": "*", "access-control-expose-headers": "ETag, Last-Modified, Link"}
_VARY = "Accept-Encoding, Sec-Fetch-Dest"
_MISSING = f"There is no feed at this address. All the feeds are listed at /{FEEDS}/ and in /{FEEDS}/{INDEX}.\n"
_REFUSED = "A feed is sent plain or as gzip, br or zstd, and Accept-Encoding refuses all of these that there are.\n"


class Answer(NamedTuple):
    """An answer as ASGI wants it, and as it stands on the wire."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    wire: bytes  # the headers and the empty line behind them; status line and Date stand before


class Feeds:
    """Answers to requests for the files on `shelf`, below the address `prefix`."""

    def __init__(self, shelf: FileCache, prefix: str) -> None:
        self._cache = shelf
        self._prefix = prefix.encode()

    def path(self, target: bytes) -> str | None:
        """Return the path below the root that a request's target means, decoded; None when no feed is asked for."""
        asked = target.partition(b"?")[0]
        if not asked.startswith(self._prefix) or asked == self._prefix:
            return None
        path = unquote_to_bytes(asked[len(self._prefix) :]).decode("utf-8", "surrogateescape")
        return path if form_of(path) in CONTENT_TYPES else None

    def document(self, path: str) -> bytes | None:
        """Return the feed at `path` as it is; None when there is no such feed."""
        kept = self._find(path)
        return kept.body if kept else None

    def answer(self, path: str, asked: Preferences) -> Answer | None:
        """Return the answer to a GET of `path` (see `path`); None when there is no such feed."""
        kept = self._find(path)
        if kept is None:
            return None
        form = self._cache.form(path, kept, asked.codings)
        if form is None:
            return _text(406, _REFUSED, vary=_VARY)
        coding, body = form
        if asked.has(kept.tag, kept.modified):
            return self._made(path, kept, 304, coding, b"")
        if asked.delta and (news := self._delta(path, kept, asked)) is not None:
            return self._delta_response(path, kept, coding, news)
        return self._made(path, kept, 200, coding, body)

    def _find(self, path: str) -> CachedFile | None:
        return self._cache.find(path) if _is_safe(path) else None

    def _made(self, path: str, kept: CachedFile, status: int, coding: str, body: bytes) -> Answer:
        """Return an answer that is the same for all who ask so, made once for each version of the file."""
        made: Answer | None = kept.answers.get((status, coding))
        if made is None:
            links, final = self._links(path, kept)
            headers = _described(path, kept, coding, links)
            if status == 200:  # noqa: PLR2004 - a 304 has no content to describe
                headers |= _content(path, coding, body)
            made = _answer(status, headers, body)
            if final:
                kept.answers[status, coding] = made
        return made

    def _delta_response(self, path: str, kept: CachedFile, coding: str, news: bytes) -> Answer:
        """Return only what is new; it is compressed here, so by gzip, for whom takes any coding."""
        coding, body = (PLAIN, news) if coding == PLAIN else ("gzip", gzip.compress(news, compresslevel=6, mtime=0))
        headers = _described(path, kept, coding, self._links(path, kept)[0]) | _content(path, coding, body)
        headers |= {"im": "feed", "cache-control": "no-store, im", "vary": f"{_VARY}, A-IM, If-None-Match"}
        return _answer(226, headers, body)

    def _delta(self, path: str, kept: CachedFile, asked: Preferences) -> bytes | None:
        """Return the feed without the entries of the version that the client has (RFC 3229, instance manipulation "feed")."""
        found = (self._cache.delta(path, kept, tag) for tag in asked.tags or ())
        return next((each for each in found if each is not None), None)

    def _links(self, path: str, kept: CachedFile) -> tuple[str, bool]:
        """Return the document's links, and whether there will be no others.

        A closed page cannot know of the next one that is closed later: whether that is there is looked up.
        """
        closed = closed_page(path)
        if not closed or 'rel="next-archive"' in kept.links:
            return kept.links, True
        following = document(page(closed.feed, closed.number + 1), closed.form)
        if not self._cache.exists(following):
            return kept.links, False
        return f'{kept.links}, <{following.rpartition("/")[2]}>; rel="next-archive"', True


class FeedFiles:
    """An ASGI application in front of another: what it knows is answered, the rest passed on."""

    def __init__(self, inner: Application, feeds: Feeds) -> None:
        self._inner = inner
        self._feeds = feeds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a feed; pass on everything else."""
        path = self._feeds.path(scope.get("raw_path") or scope["path"].encode()) if scope["type"] == "http" else None
        answer = self._answer(scope, path) if path is not None else None
        if answer is None:
            await self._inner(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    def _answer(self, scope: Scope, path: str) -> Answer | None:
        """Return the answer; None where a page about the feed is wanted in its place, which `pages.feed` makes."""
        if scope["method"] == "OPTIONS":
            return _answer(204, {"allow": "GET, HEAD, OPTIONS", "access-control-allow-headers": "*", **_CORS}, b"")
        if scope["method"] not in ("GET", "HEAD"):
            return _text(405, "Feeds are only read: GET or HEAD.\n", allow="GET, HEAD, OPTIONS")
        asked = wanted(collected(scope["headers"]))
        answer = self._feeds.answer(path, asked)
        if answer is None:
            return _text(404, _MISSING)
        explained = asked.page and scope["method"] == "GET" and form_of(path) in FORMATS
        return None if explained and scope.get("query_string") != RAW else answer


def feeds(root: Path, base: str = "/") -> Feeds:
    """Return the feeds in the folder `root`, served below `base`; imports the formats, so that no request waits for that."""
    FORMATS.load()
    return Feeds(FileCache(root), f"{base}{FEEDS}/")


def collected(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return those of `headers` (lower-case names) that say what is wanted; one that comes twice is one list (RFC 9110 §5.3)."""
    found: dict[str, str] = {}
    for raw, value in headers:
        name = raw.decode("latin-1")
        if name in HEADERS:
            text = value.decode("latin-1")
            found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def _described(path: str, kept: CachedFile, coding: str, links: str) -> dict[str, str]:
    """Return what a 200 and a 304 both say."""
    mark = f"-{coding}" if coding else ""  # a strong tag names bytes: each coding has its own (RFC 9110 §8.8.3.3)
    return {
        "etag": f'"{kept.tag}{mark}"',
        "last-modified": http_date(kept.modified),
        "cache-control": CACHING_FOR_EVER if closed_page(path) else CACHING,
        "vary": _VARY,
        **_CORS,
        **({"link": links} if links else {}),
    }


def _content(path: str, coding: str, body: bytes) -> dict[str, str]:
    return {
        "content-type": CONTENT_TYPES[form_of(path)],
        "x-content-type-options": "nosniff",
        **({"content-encoding": coding} if coding else {}),
        "content-length": str(len(body)),
    }


def _answer(status: int, headers: dict[str, str], body: bytes) -> Answer:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Answer(status, raw, body, b"".join(b"%b: %b\r\n" % each for each in raw) + b"\r\n")


def _is_safe(path: str) -> bool:
    """Return whether `path` stays below the root: no step up, nothing hidden, no NUL, no absolute path."""
    return "\0" not in path and all(part and not part.startswith(".") for part in path.split("/"))


def _text(status: int, body: str, **headers: str) -> Answer:
    sent = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body)), **_CORS, **headers}
    return _answer(status, sent, body.encode())
