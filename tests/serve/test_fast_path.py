"""What stands before the server's own protocol gives the same answers, and leaves it whatever is not plain."""

from __future__ import annotations

import asyncio
import gzip
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.serve.feeds.conditional import wanted
from feedsvc.serve.feeds.fast_path import FastPath, fronted, plain_request
from feedsvc.serve.feeds.responses import FeedFiles, feeds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

BODY = b"<feed>" + "归档".encode() * 90_000 + b"</feed>"
GET = b"GET /feeds/all.atom HTTP/1.1\r\nHost: x\r\n"


async def beyond(scope: Any, receive: Any, send: Any) -> None:
    """Stand for Datasette: answer with the body that came."""
    message = await receive()
    await send({"type": "http.response.start", "status": 299, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": message.get("body", b"")[:2].ljust(2, b"-")})
    del scope


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "all.atom").write_bytes(BODY)
    return tmp_path


@asynccontextmanager
async def serving(root: Path, *, front: bool = True, quiet: int = 5) -> AsyncIterator[tuple[int, set[Any]]]:
    """Serve the feeds below `root` by uvicorn; yield the port, and the connections that are open."""
    files = feeds(root)
    for headers in ({}, {"accept-encoding": "gzip"}):  # large: the first requests would be left to the application
        await files.answer_in_thread("all.atom", wanted(headers))
    config = uvicorn.Config(
        FeedFiles(beyond, files), lifespan="off", log_config=None, server_header=False, timeout_keep_alive=quiet
    )
    config.load()
    if front:
        config.http_protocol_class = fronted(files, config.http_protocol_class)  # type: ignore[assignment]
    state = uvicorn.server.ServerState()
    loop = asyncio.get_running_loop()

    def protocol() -> Any:
        made: Any = config.http_protocol_class
        return made(config=config, server_state=state, app_state={}, _loop=loop)

    server = await loop.create_server(protocol, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], state.connections
    server.close()
    for connection in [*state.connections]:
        connection.shutdown()
    await server.wait_closed()


class Talk:
    """One connection to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, request: bytes, *, head: bool = False) -> tuple[int, dict[str, str], bytes]:
        self.writer.write(request)
        return await self.answer(head=head)

    async def answer(self, *, head: bool = False) -> tuple[int, dict[str, str], bytes]:
        first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        headers = dict(line.split(": ", 1) for line in lines)
        status = int(first.split(" ")[1])
        length = 0 if head or status == 304 else int(headers["content-length"])
        return status, headers, await self.reader.readexactly(length)


@asynccontextmanager
async def talking(port: int) -> AsyncIterator[Talk]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Talk(reader, writer)
    finally:
        writer.close()


@pytest.mark.parametrize(
    "more",
    [
        b"",
        b"Accept-Encoding: gzip\r\n",
        b"Accept-Encoding: br\r\n",
        b"Accept-Encoding: identity;q=0\r\n",
        b"If-None-Match: *\r\n",
        b'If-None-Match: "other"\r\n',
        b'If-None-Match: "other"\r\nIf-None-Match: *\r\n',
        b"If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\nConnection: keep-alive\r\n",
    ],
)
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
async def test_the_answer_is_that_of_the_application(root: Path, method: bytes, more: bytes) -> None:
    request = GET.replace(b"GET", method) + more + b"\r\n"
    assert plain_request(request) is not None
    found = []
    for front in (True, False):
        async with serving(root, front=front) as (port, _), talking(port) as talk:
            status, headers, body = await talk.ask(request, head=method == b"HEAD")
            assert headers.pop("date", "").endswith(" GMT") is front  # the server's own comes from its tick
            found.append((status, headers, body))
    assert found[0] == found[1]


async def test_one_connection_asks_for_feeds_then_for_pages_then_for_feeds(root: Path) -> None:
    async with serving(root) as (port, connections), talking(port) as talk:
        for _ in range(3):
            assert (await talk.ask(GET + b"\r\n"))[::2] == (200, BODY)
        assert [type(each) for each in connections] == [FastPath]
        assert (await talk.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))[0] == 299
        assert len(connections) == 1
        assert (await talk.ask(GET + b"\r\n"))[::2] == (200, BODY)


async def test_a_changed_file_is_answered_at_once(root: Path) -> None:
    async with serving(root) as (port, _), talking(port) as talk:
        tag = (await talk.ask(GET + b"\r\n"))[1]["etag"].encode()
        (root / "new").write_bytes(b"<feed/>")
        (root / "new").replace(root / "all.atom")
        status, headers, body = await talk.ask(GET + b"If-None-Match: " + tag + b"\r\n\r\n")
        assert (status, body) == (200, b"<feed/>")
        assert (await talk.ask(GET + b"If-None-Match: " + headers["etag"].encode() + b"\r\n\r\n"))[0] == 304
        (root / "all.atom").unlink()
        assert (await talk.ask(GET + b"\r\n"))[0] == 404


async def test_requests_that_come_in_pieces_or_together_are_all_answered(root: Path) -> None:
    request = GET + b"Accept-Encoding: gzip\r\n\r\n"
    async with serving(root) as (port, _):
        for cut in (1, 20, len(request) - 1):
            async with talking(port) as talk:
                talk.writer.write(request[:cut])
                await talk.writer.drain()
                await asyncio.sleep(0)
                assert gzip.decompress((await talk.ask(request[cut:]))[2]) == BODY
        async with talking(port) as talk:
            talk.writer.write(request * 3)
            for _ in range(3):
                assert gzip.decompress((await talk.answer())[2]) == BODY


async def test_who_asks_and_does_not_read_is_not_read_either(root: Path) -> None:
    async with serving(root) as (port, connections), talking(port) as talk:
        assert (await talk.ask(GET + b"\r\n"))[0] == 200
        (connection,) = connections
        for _ in range(300):  # 160 MB of answers
            talk.writer.write(GET + b"\r\n")
            await asyncio.sleep(0)
        for _ in range(50):
            await asyncio.sleep(0.002)
        assert connection._transport.get_write_buffer_size() < 8 * len(BODY)
        assert not connection._transport.is_reading()


async def test_a_quiet_connection_is_closed(root: Path) -> None:
    async with serving(root, quiet=0) as (port, _), talking(port) as talk:
        assert await talk.reader.read() == b""


async def test_at_the_end_connections_are_closed_with_their_answers_sent(root: Path) -> None:
    async with serving(root) as (port, connections), talking(port) as talk:
        await talk.ask(GET + b"\r\n")
        talk.writer.write(GET + b"\r\n")
        await asyncio.wait_for(talk.reader.readexactly(1), 300)
        for connection in [*connections]:
            connection.shutdown()
        assert (await asyncio.wait_for(talk.reader.read(), 300)).endswith(BODY)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /feeds/all.atom HTTP/1.0\r\nHost: x\r\n\r\n",
        b"GET /feeds/all.atom HTTP/1.1\r\n\r\n",
        b"get /feeds/all.atom HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /feeds/all.atom HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://x/feeds/all.atom HTTP/1.1\r\nHost: x\r\n\r\n",
        GET,
        GET + b"\r\n" + GET + b"\r\n",
        GET + b"\r\n\0",
        GET + b"Host: y\r\n\r\n",
        GET + b"Connection: close\r\n\r\n",
        GET + b"Content-Length: 5\r\n\r\n",
        GET + b"Transfer-Encoding: chunked\r\n\r\n",
        GET + b"Expect: 100-continue\r\n\r\n",
        GET + b"Upgrade: h2c\r\nConnection: upgrade\r\n\r\n",
        GET + b"A : b\r\n\r\n",
        GET + b" folded\r\n\r\n",
        GET + b"A: b\n\r\n",
        GET + b"A: b\rc\r\n\r\n",
        GET.replace(b"\r\n", b"\n") + b"\n",
    ],
)
def test_what_is_not_plain_is_left_to_the_server(request_: bytes) -> None:
    assert plain_request(request_) is None


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda more: GET + more + b"\r\n\r\n"))
def test_a_plain_request_ends_where_its_bytes_end(data: bytes) -> None:
    if plain_request(data) is not None:
        assert data.count(b"\r\n\r\n") == 1
        assert data.endswith(b"\r\n\r\n")
        assert b"\0" not in data
