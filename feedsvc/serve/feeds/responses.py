"""Answers `/feeds/...` from the files of the feeds: before Datasette, from memory, whatever its SQL is busy with.

The ETag is a digest of the bytes, so that another server with the same files gives the same answer.
"""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes

from feedsvc.formats import FORMATS
from feedsvc.model.catalog import content_types
from feedsvc.model.layout import FEEDS, INDEX, closed_page, document, form_of, page
from feedsvc.serve.feeds.conditional import HEADERS, PLAIN, http_date, wanted
from feedsvc.serve.feeds.delta import parts, without
from feedsvc.serve.feeds.file_cache import FileCache, NotInMemoryError
from feedsvc.serve.pieces import in_pieces

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from feedsvc.serve.feeds.cached_file import CachedFile
    from feedsvc.serve.feeds.conditional import Preferences

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
_CHANGING = "This feed is replaced faster than it can be read. Ask again in a second.\n"
_TRIES = 5  # to read a version that is not replaced meanwhile


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
        self._cors = _CORS
        self.hosts: frozenset[str] | None = None  # names that are answered; None = every name

    def admit(self, hosts: frozenset[str] | None) -> None:
        """Answer to `hosts` only, which a private server has: then no page of another origin can read a feed either."""
        self.hosts = hosts
        self._cors = _CORS if hosts is None else {}

    def path(self, target: bytes) -> str | None:
        """Return the path below the root that a request's target means, decoded; None when no feed is asked for."""
        asked = target.partition(b"?")[0]
        if not asked.startswith(self._prefix) or asked == self._prefix:
            return None
        path = unquote_to_bytes(asked[len(self._prefix) :]).decode("utf-8", "surrogateescape")
        return path if form_of(path) in content_types() else None

    def preflight(self) -> Answer:
        """Return the answer to OPTIONS, which browsers ask before a page of another origin asks (Fetch §4.8)."""
        allowed = {"access-control-allow-headers": "*", **self._cors} if self._cors else {}
        return _answer(204, {"allow": "GET, HEAD, OPTIONS", **allowed}, b"")

    async def document(self, path: str) -> bytes | None:
        """Return the feed at `path` as it is; None when there is no such feed."""
        kept = await self._cache.load(path) if _is_safe(path) else None
        return await self._cache.body(path, kept, PLAIN) if kept else None

    def answer(self, path: str, asked: Preferences) -> Answer | None:
        """Return the answer to a GET of `path` (see `path`); None when there is no such feed.

        Raises:
            NotInMemoryError: the answer takes work on a large file: `answer_in_thread` has it.
        """
        kept = self._cache.find(path) if _is_safe(path) else None
        if kept is None:
            return None
        coding, body = self._cache.form(path, kept, asked.codings) or (None, None)
        if coding is None or asked.has(kept.tag, kept.modified):
            return self._without_body(path, kept, coding)
        known = self._cache.remembered(path, asked.tags or ()) if asked.delta else None
        if body is None or (kept.large and known is not None):
            raise NotInMemoryError
        if known is not None and kept.body is not None and (news := _news(kept.body, path, known, coding)):
            return self._delta_response(path, kept, *news)
        return self._made(path, kept, 200, coding, body)

    async def answer_in_thread(self, path: str, asked: Preferences) -> Answer | None:
        """Return what `answer` returns; what is large is read, cut and compressed in a thread."""
        for _ in range(_TRIES):
            kept = await self._cache.load(path) if _is_safe(path) else None
            if kept is None:
                return None
            coding, _body = self._cache.form(path, kept, asked.codings) or (None, None)
            if coding is None or asked.has(kept.tag, kept.modified):
                return self._without_body(path, kept, coding)
            if asked.delta and (news := await self._news_in_thread(path, kept, asked, coding)):
                return self._delta_response(path, kept, *news)
            body = await self._cache.body(path, kept, coding)
            if body is not None:
                return self._made(path, kept, 200, coding, body)
        return _text(503, _CHANGING, **{"retry-after": "1"})

    async def _news_in_thread(
        self, path: str, kept: CachedFile, asked: Preferences, coding: str
    ) -> tuple[str, bytes] | None:
        known = self._cache.remembered(path, asked.tags or ())
        body = await self._cache.body(path, kept, PLAIN) if known is not None else None
        return await asyncio.to_thread(_news, body, path, known, coding) if body and known is not None else None

    def _without_body(self, path: str, kept: CachedFile, coding: str | None) -> Answer:
        """Return that the client has the file, or that it refuses every form of it."""
        return _text(406, _REFUSED, vary=_VARY) if coding is None else self._made(path, kept, 304, coding, b"")

    def _made(self, path: str, kept: CachedFile, status: int, coding: str, body: bytes) -> Answer:
        """Return an answer that is the same for all who ask so, made once for each version of the file."""
        shared = bool(self._cors)
        made: Answer | None = kept.answers.get((status, coding, shared))
        if made is None:
            links, final = self._links(path, kept)
            headers = _described(path, kept, coding, links) | self._cors
            if status == 200:  # noqa: PLR2004 - a 304 has no content to describe
                headers |= _content(path, coding, body)
            made = _answer(status, headers, body)
            if final and (status == 304 or kept.held(coding) is not None):  # noqa: PLR2004
                kept.answers[status, coding, shared] = made
        return made

    def _delta_response(self, path: str, kept: CachedFile, coding: str, body: bytes) -> Answer:
        """Return only what is new (RFC 3229, instance manipulation "feed")."""
        headers = _described(path, kept, coding, self._links(path, kept)[0]) | _content(path, coding, body) | self._cors
        headers |= {"im": "feed", "cache-control": "no-store, im", "vary": f"{_VARY}, A-IM, If-None-Match"}
        return _answer(226, headers, body)

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
        answer = await self._answer(scope, path) if path is not None else None
        if answer is None:
            await self._inner(scope, receive, in_pieces(send))
            return
        send = in_pieces(send)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    async def _answer(self, scope: Scope, path: str) -> Answer | None:
        """Return the answer; None where a page about the feed is wanted in its place, which `pages.feed` makes."""
        if scope["method"] == "OPTIONS":
            return self._feeds.preflight()
        if scope["method"] not in ("GET", "HEAD"):
            return _text(405, "Feeds are only read: GET or HEAD.\n", allow="GET, HEAD, OPTIONS")
        asked = wanted(collected(scope["headers"]))
        try:
            answer = self._feeds.answer(path, asked)
        except NotInMemoryError:
            answer = await self._feeds.answer_in_thread(path, asked)
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


def _news(body: bytes, path: str, known: AbstractSet[bytes], coding: str) -> tuple[str, bytes] | None:
    """Return `body` with only those entries that are not `known`, and its coding; None when it has no entries.

    It is compressed here, so by gzip, for a client that takes any coding.
    """
    found = parts(body, form_of(path))
    if found is None:
        return None
    news = without(found, known)
    return (PLAIN, news) if coding == PLAIN else ("gzip", gzip.compress(news, compresslevel=6, mtime=0))


def _described(path: str, kept: CachedFile, coding: str, links: str) -> dict[str, str]:
    """Return what a 200 and a 304 both say."""
    mark = f"-{coding}" if coding else ""  # a strong tag names bytes: each coding has its own (RFC 9110 §8.8.3.3)
    return {
        "etag": f'"{kept.tag}{mark}"',
        "last-modified": http_date(kept.modified),
        "cache-control": CACHING_FOR_EVER if closed_page(path) else CACHING,
        "vary": _VARY,
        **({"link": links} if links else {}),
    }


def _content(path: str, coding: str, body: bytes) -> dict[str, str]:
    return {
        "content-type": content_types()[form_of(path)],
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
    sent = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body)), **headers}
    return _answer(status, sent, body.encode())
