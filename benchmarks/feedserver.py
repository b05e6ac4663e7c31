"""A fast server of made-up feeds on loopback, for benchmarks: every feed differs, and its ETag says which state it is in."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing import Queue

ADDRESSES = [f"127.0.0.{number}" for number in range(1, 33)]  # a polite client asks one host one thing at a time
WORDS = ("harbour", "tide", "lamp", "ferry", "rope", "gull", "pilot", "winter", "market", "bread", "river", "orchard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """What is served: /<number>.xml, of which one in ten has one more item in each generation."""

    items: int
    generation: Any  # a shared integer

    def state_of(self, number: int) -> int:
        """Return how many items feed `number` has got since the beginning."""
        return int(self.generation.value) if number % 10 == 0 else 0

    def body(self, number: int) -> bytes:
        """Return the feed `number` as it is now, newest item first."""
        newest = self.items + self.state_of(number)
        items = "".join(_item(number, each) for each in range(newest, newest - self.items, -1))
        head = f"<title>Feed {number}</title><link>https://feed-{number}.example/</link>"
        return (
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()
        )


def _item(number: int, each: int) -> str:
    chance = random.Random(number * 100_003 + each)
    paragraphs = "".join(f"&lt;p&gt;{' '.join(chance.choices(WORDS, k=60))}.&lt;/p&gt;" for _ in range(4))
    return (
        f'<item><guid isPermaLink="false">urn:feed:{number}:{each}</guid><link>https://feed-{number}.example/{each}</link>'
        f"<title>{' '.join(chance.choices(WORDS, k=6))} {each}</title><author>editor@feed-{number}.example</author>"
        f"<pubDate>{each % 27 + 1:02} Jan 2026 {each % 24:02}:00:07 GMT</pubDate><category>{chance.choice(WORDS)}</category>"
        f'<description>{paragraphs}&lt;img src="https://feed-{number}.example/{each}.jpg"&gt;</description></item>'
    )


def serve(feeds: Feeds, told: Queue[int]) -> None:
    """Serve until the process is ended; `told` gets the port."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(feeds, told))


async def _serve(feeds: Feeds, told: Queue[int]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                number = int(head.split(" ")[1].strip("/").partition(".")[0])
                etag = f'"{number}-{feeds.state_of(number)}"'
                fresh = f"if-none-match: {etag}" in head.lower()
                body = b"" if fresh else feeds.body(number)
                status = "304 Not Modified" if fresh else "200 OK"
                kind = f"Content-Type: application/rss+xml\r\nETag: {etag}"
                writer.write(f"HTTP/1.1 {status}\r\n{kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        writer.close()

    first = await asyncio.start_server(answer, ADDRESSES[0], 0, backlog=1024)
    port = first.sockets[0].getsockname()[1]
    others = await asyncio.start_server(answer, ADDRESSES[1:], port, backlog=1024)
    told.put(port)
    await asyncio.gather(first.serve_forever(), others.serve_forever())
