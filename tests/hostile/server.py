"""A loopback web server that misbehaves: each path is one way in which a publisher hurts a client.

To add a behaviour: one function and one line in `BEHAVIOURS`.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

FEED = b"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Harbour news</title><link>https://example.org/</link>
<item><guid>urn:x:1</guid><title>The ferry runs again</title><description>At noon.</description></item>
</channel></rss>
"""
PAGE = b"""<!doctype html><html><head><title>Harbour</title>
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments">
<link rel="alternate" type="application/rss+xml" title="News" href="/feed">
</head><body>Hello</body></html>"""
RSS = "application/rss+xml"
REASONS = {200: "OK", 301: "Moved Permanently", 302: "Found", 304: "Not Modified", 404: "Not Found", 410: "Gone"}


@dataclass
class Asked:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    nth: int  # how often this path was asked before


@dataclass
class Reply:
    """What a behaviour writes to."""

    writer: asyncio.StreamWriter
    server: HostileServer

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status: int = 200, **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Whatever')}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.raw("\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape"))

    async def send(self, body: bytes = FEED, status: int = 200, **headers: str) -> None:
        headers = {"Content_Type": RSS, "Content_Length": str(len(body))} | headers
        await self.head(status, **headers)
        await self.raw(body)

    async def redirect(self, target: str, status: int = 302, **headers: str) -> None:
        await self.send(b"", status, Location=target, **headers)

    async def forever(self, piece: bytes, pause: float = 0.0) -> None:
        while True:
            await self.raw(piece)
            await asyncio.sleep(pause)


@dataclass
class HostileServer:
    """Listens on loopback while it is entered; remembers who asked for what."""

    address: str = "127.0.0.1"
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    elsewhere: str = ""  # base of another origin, for behaviours that lead there
    port: int = 0
    open_now: int = 0
    most_open: int = 0

    def url(self, path: str) -> str:
        return f"http://{self.address}:{self.port}{path}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.address, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._tasks: set[asyncio.Task[None]] = set()
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            self.open_now -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:]) if name}
        asked = Asked(path, headers, sum(one.path == path for one in self.asked))
        self.asked.append(asked)
        await BEHAVIOURS[urlsplit(path).path](asked, Reply(writer, self))


# ---------------------------------------------------------------- well behaved


async def feed(_asked: Asked, reply: Reply) -> None:
    await reply.send()


async def etag(asked: Asked, reply: Reply) -> None:
    validators = {"ETag": 'W/"caf\u00e9-1"', "Last_Modified": "yesterday, more or less"}
    if asked.headers.get("if-none-match"):
        await reply.send(b"", 304)
    else:
        await reply.send(**validators)


async def churning_etag(asked: Asked, reply: Reply) -> None:
    await reply.send(ETag=f'"{asked.nth}"')


async def page(_asked: Asked, reply: Reply) -> None:
    await reply.send(PAGE, Content_Type="text/html")


async def bare_page(_asked: Asked, reply: Reply) -> None:
    await reply.send(b"<html><body>Please log in</body></html>", Content_Type="text/html", Last_Modified="today")


async def feed_then_page(asked: Asked, reply: Reply) -> None:
    await (reply.send(PAGE, Content_Type="text/html") if asked.nth else reply.send())


async def coded(reply: Reply, body: bytes, coding: str) -> None:
    await reply.send(body, Content_Encoding=coding)


async def late(_asked: Asked, reply: Reply) -> None:
    await asyncio.sleep(0.1)
    await reply.send()


# ---------------------------------------------------------------- redirects


async def endless_redirect(_asked: Asked, reply: Reply) -> None:
    await reply.head(302, Location="/feed", Transfer_Encoding="chunked")
    await reply.forever(b"10000\r\n" + bytes(65536) + b"\r\n")


async def elsewhere(_asked: Asked, reply: Reply) -> None:
    await reply.redirect(reply.server.elsewhere)


async def wants_cookie(asked: Asked, reply: Reply) -> None:
    if "seen=1" in asked.headers.get("cookie", ""):
        await reply.send()
    else:
        await reply.redirect("/wants-cookie", Set_Cookie="seen=1; Path=/")


# ---------------------------------------------------------------- slow and endless


async def silent(_asked: Asked, _reply: Reply) -> None:
    await asyncio.sleep(30)


async def slow_headers(_asked: Asked, reply: Reply) -> None:
    await reply.raw(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    await reply.forever(b"x", 0.02)


async def interim_for_ever(_asked: Asked, reply: Reply) -> None:
    await reply.forever(b"HTTP/1.1 102 Processing\r\n\r\n", 0.02)


async def slow_body(_asked: Asked, reply: Reply) -> None:
    await reply.head(Content_Length="100000")
    await reply.forever(b"<", 0.02)


async def stalled(_asked: Asked, reply: Reply) -> None:
    await reply.head(Content_Length=str(len(FEED)))
    await reply.raw(FEED[:50])
    await asyncio.sleep(30)


async def endless(_asked: Asked, reply: Reply) -> None:
    await reply.head()
    await reply.forever(bytes(65536))


async def endless_headers(_asked: Asked, reply: Reply) -> None:
    await reply.raw(b"HTTP/1.1 200 OK\r\n")
    await reply.forever(b"X-More: " + b"x" * 8000 + b"\r\n")


# ---------------------------------------------------------------- bodies that lie


async def bomb(_asked: Asked, reply: Reply) -> None:
    packer = zlib.compressobj(9, wbits=31)
    await reply.head(Content_Encoding="gzip")
    await reply.raw(packer.compress(bytes(64 << 20)) + packer.flush())


async def short(_asked: Asked, reply: Reply) -> None:
    await reply.head(Content_Length=str(len(FEED) + 10))
    await reply.raw(FEED)


async def cut_chunks(_asked: Asked, reply: Reply) -> None:
    await reply.head(Transfer_Encoding="chunked")
    await reply.raw(b"%x\r\n" % len(FEED) + FEED + b"\r\n")


async def smuggling(asked: Asked, reply: Reply) -> None:
    if asked.nth:
        await reply.send()
        return
    stolen = FEED.replace(b"The ferry", b"SMUGGLED")
    await reply.send(Connection="keep-alive")
    await reply.raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(stolen) + stolen)


async def broken_once(asked: Asked, reply: Reply) -> None:
    if asked.nth:
        await reply.send()


async def broken_always(_asked: Asked, _reply: Reply) -> None:
    return


async def garbage(_asked: Asked, reply: Reply) -> None:
    await reply.raw(b"\x00\x01\x02 what is HTTP\r\n\r\n")


async def two_lengths(_asked: Asked, reply: Reply) -> None:
    await reply.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")


async def announced(_asked: Asked, reply: Reply) -> None:
    await reply.head(Content_Length=str(1 << 40))


# ---------------------------------------------------------------- statuses


async def busy_once(asked: Asked, reply: Reply) -> None:
    if asked.nth:
        await reply.send()
    else:
        await reply.send(b"", 503, Retry_After="0")


def _status(status: int, **headers: str) -> Callable[[Asked, Reply], Awaitable[None]]:
    async def behave(_asked: Asked, reply: Reply) -> None:
        await reply.send(b"" if status in (204, 304) else b"no", status, **headers)

    return behave


def _to(target: str, status: int = 302) -> Callable[[Asked, Reply], Awaitable[None]]:
    async def behave(_asked: Asked, reply: Reply) -> None:
        await reply.redirect(target, status)

    return behave


def _coded(body: bytes, coding: str) -> Callable[[Asked, Reply], Awaitable[None]]:
    async def behave(_asked: Asked, reply: Reply) -> None:
        await coded(reply, body, coding)

    return behave


def _raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


BEHAVIOURS: dict[str, Callable[[Asked, Reply], Awaitable[None]]] = {
    "/feed": feed,
    "/comments": feed,
    "/etag": etag,
    "/churning-etag": churning_etag,
    "/page": page,
    "/bare-page": bare_page,
    "/feed-then-page": feed_then_page,
    "/late": late,
    "/gzip": _coded(gzip.compress(FEED), "gzip"),
    "/gzip-members": _coded(gzip.compress(FEED[:60]) + gzip.compress(FEED[60:]), "gzip"),
    "/gzip-unsaid": _coded(gzip.compress(FEED), "identity"),
    "/gzip-trailer": _coded(gzip.compress(FEED) + b"\0\0 junk", "gzip"),
    "/says-gzip": _coded(FEED, "gzip"),
    "/deflate": _coded(zlib.compress(FEED), "deflate"),
    "/deflate-raw": _coded(_raw_deflate(FEED), "deflate"),
    "/gzip-cut": _coded(gzip.compress(FEED)[:-20], "gzip"),
    "/gzip-crc": _coded(gzip.compress(FEED)[:-8] + bytes(8), "gzip"),
    "/brotli": _coded(b"\x0b\x02\x80hello\x03", "br"),
    "/gzip-twice": _coded(gzip.compress(gzip.compress(FEED)), "gzip, gzip"),
    "/bomb": bomb,
    "/short": short,
    "/cut-chunks": cut_chunks,
    "/smuggling": smuggling,
    "/broken-once": broken_once,
    "/broken-always": broken_always,
    "/garbage": garbage,
    "/two-lengths": two_lengths,
    "/announced": announced,
    "/silent": silent,
    "/slow-headers": slow_headers,
    "/interim": interim_for_ever,
    "/slow-body": slow_body,
    "/stalled": stalled,
    "/endless": endless,
    "/endless-headers": endless_headers,
    "/moved": _to("/feed", 301),
    "/moved-308": _to("/feed", 308),
    "/moved-to-etag": _to("/etag", 301),
    "/away": _to("/feed"),
    "/away-then-moved": _to("/moved"),
    "/moved-then-away": _to("/away", 301),
    "/loop": _to("/loop"),
    "/no-target": _status(302),
    "/to-umlaut": _to("/feed?q=\u00e4"),
    "/to-file": _to("file:///etc/passwd"),
    "/to-data": _to("data:text/xml,<rss/>"),
    "/to-userinfo": _to("http://user:pass@127.0.0.1/"),
    "/to-nonsense": _to("http://[::1"),
    "/to-metadata": _to("http://169.254.169.254/latest/meta-data/"),
    "/elsewhere": elsewhere,
    "/endless-redirect": endless_redirect,
    "/wants-cookie": wants_cookie,
    "/404": _status(404),
    "/403": _status(403),
    "/challenge": _status(403, cf_mitigated="challenge"),
    "/401": _status(401),
    "/500": _status(500),
    "/999": _status(999),
    "/204": _status(204),
    "/206": _status(206),
    "/410": _status(410),
    "/304-unasked": _status(304),
    "/429": _status(429, Retry_After="30"),
    "/429-garbage": _status(429, Retry_After="soon"),
    "/429-absurd": _status(429, Retry_After="9999999999"),
    "/503-later": _status(503, Retry_After="60"),
    "/busy-once": busy_once,
    "/empty": _coded(b"  \n", "identity"),
    "/te-unknown": _status(200, Transfer_Encoding="gzip"),
}
