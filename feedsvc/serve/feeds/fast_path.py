"""Answers plain requests for feeds where they come in, before HTTP is taken apart for everything else.

    bytes of a connection -> a plain GET of a feed? -> answer: one write
                          -> anything else          -> the server's own protocol, for the rest of the connection

Feeds are polled, and a poller sends the same bytes for ever: what they ask is looked up. Whatever is not exactly one whole
request of the plainest kind is left to uvicorn from its first byte on, so that there is one parser to trust and no request is
read by two. The answers are those of `feedfiles`, headers and all.
"""

from __future__ import annotations

import asyncio
import re
import time
from email.utils import formatdate
from functools import lru_cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from feedsvc.serve.feeds.conditional import wanted
from feedsvc.serve.feeds.file_cache import NotInMemoryError
from feedsvc.serve.feeds.responses import collected
from feedsvc.serve.origins import host_name
from feedsvc.serve.pieces import PIECE

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.serve.feeds.conditional import Preferences
    from feedsvc.serve.feeds.responses import Feeds

_LONGEST: Final = 2_048  # bytes of a plain request
# requests that are kept, and the quotes in one of them, which bound the tags that it names: with the above 14 MB at most
_REMEMBERED: Final = 2_048
_QUOTES: Final = 32
_BUFFER: Final = 1 << 20  # bytes of answers that wait to be sent, before the connection is no longer read
_PLAIN = re.compile(rb"(GET|HEAD) (/[!-~]*) HTTP/1\.1\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t !-~\x80-\xff]*\r\n)+)\r\n")
_OTHERS: Final = {  # a request with one of these is not plain
    *(b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer", b"http2-settings"),
}
_STATUS: Final = {each.value: b"HTTP/1.1 %d %b\r\n" % (each.value, each.phrase.encode()) for each in HTTPStatus}


class Request(NamedTuple):
    """A plain request."""

    host: str  # the name in `Host`, in lower case and without port
    target: bytes
    body_wanted: bool  # GET, not HEAD
    wanted: Preferences


class FastPath(asyncio.Protocol):
    """A connection, until it asks for something that is no feed; then `inner` makes what takes it over.

    `connections` are all that the server has open: at its end it asks each to `shutdown`.
    """

    def __init__(self, feeds: Feeds, inner: Callable[[], Any], connections: set[Any], quiet: float) -> None:
        self._feeds = feeds
        self._inner = inner
        self._connections = connections
        self._quiet = quiet  # seconds without a request after which it is closed
        self._left = memoryview(b"")  # of a long answer, what is not written yet; nothing is read meanwhile
        self._ready = True  # the transport takes more
        self._ending = False
        self._heard = 0.0  # when the last one came, in the loop's time
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to listen."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._transport.set_write_buffer_limits(high=_BUFFER)
        self._connections.add(self)
        self._heard = self._loop.time()
        self._timer = self._loop.call_later(self._quiet, self._look)

    def data_received(self, data: bytes) -> None:
        """Answer, or hand over."""
        self._heard = self._loop.time()
        request = plain_request(data)
        path = self._feeds.path(request.target) if request else None
        plain = request is not None and not request.wanted.page
        try:
            answer = (
                self._feeds.answer(path, request.wanted)
                if request and path and plain and self._is_for_us(request)
                else None
            )
        except NotInMemoryError:
            # the application reads it in a thread; the next connections find it in memory
            answer = None
        if request is None or answer is None:
            self._hand_over(data)
            return
        head = b"%bdate: %b\r\n%b" % (_STATUS[answer.status], _date(int(time.time())), answer.wire)
        if not answer.body or not request.body_wanted:
            self._transport.write(head)
        elif len(answer.body) <= PIECE:
            self._transport.writelines((head, answer.body))
        else:
            self._transport.write(head)
            self._left = memoryview(answer.body)
            self._transport.pause_reading()
            self._write_piece()

    def _is_for_us(self, request: Request) -> bool:
        """Return whether `request` names this server; if it does not, the application refuses it."""
        return self._feeds.hosts is None or request.host in self._feeds.hosts

    def pause_writing(self) -> None:
        """Read nothing more from who does not read."""
        self._ready = False
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on with a long answer, or read again."""
        self._ready = True
        if self._left:
            self._write_piece()
        else:
            self._transport.resume_reading()

    def _write_piece(self) -> None:
        """Write the next piece of a long answer; others are answered before the one after it."""
        if self._transport.is_closing() or not self._ready:
            return
        piece, self._left = self._left[:PIECE], self._left[PIECE:]
        # `write` may call `pause_writing`: then `resume_writing` goes on
        self._transport.write(piece)
        if self._left:
            if self._ready:
                self._loop.call_soon(self._write_piece)
        elif self._ending:
            self._transport.close()
        elif self._ready:
            self._transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """Be done."""
        del error
        self._timer.cancel()
        self._connections.discard(self)

    def shutdown(self) -> None:
        """End after what is being sent."""
        self._ending = True
        if not self._left:
            self._transport.close()

    def _hand_over(self, data: bytes) -> None:
        self._timer.cancel()
        self._connections.discard(self)
        inner = self._inner()
        self._transport.set_write_buffer_limits()
        self._transport.set_protocol(inner)
        inner.connection_made(self._transport)
        inner.data_received(data)

    def _look(self) -> None:
        """Close the connection when it has been quiet for too long; else look again when it may have been."""
        left = self._heard + self._quiet - self._loop.time()
        if self._left:
            self._timer = self._loop.call_later(self._quiet, self._look)
        elif left <= 0:
            self._transport.close()
        else:
            self._timer = self._loop.call_later(left, self._look)


def fronted(feeds: Feeds, protocol: Callable[..., Any]) -> Callable[..., FastPath]:
    """Return what makes a `FastPath` of `feeds` where uvicorn would make its `protocol`."""

    def make(**arguments: Any) -> FastPath:  # noqa: ANN401 - uvicorn's, handed on
        connections, quiet = arguments["server_state"].connections, arguments["config"].timeout_keep_alive
        return FastPath(feeds, partial(protocol, **arguments), connections, quiet)

    return make


def plain_request(data: bytes) -> Request | None:
    """Return the one whole request that `data` is; None when it is anything else, or says anything uncommon.

    A request that names more tags than a poller has is read anew each time, so that the kept ones have an end together.
    """
    if len(data) > _LONGEST:
        return None
    return _kept(data) if data.count(b'"') <= _QUOTES else _read(data)


def _read(data: bytes) -> Request | None:
    found = _PLAIN.fullmatch(data)
    if found is None:
        return None
    lines = (line.partition(b":") for line in found[3].split(b"\r\n")[:-1])
    headers = [(name.lower(), value.strip(b" \t")) for name, _, value in lines]
    names = [name for name, _ in headers]
    lasting = all(value.lower() == b"keep-alive" for name, value in headers if name == b"connection")
    if names.count(b"host") != 1 or not lasting or not _OTHERS.isdisjoint(names):
        return None
    host = host_name(dict(headers)[b"host"])
    return Request(host, found[2], found[1] == b"GET", wanted(collected(headers)))


_kept = lru_cache(maxsize=_REMEMBERED)(_read)


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()
