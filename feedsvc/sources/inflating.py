"""Content-Encoding undone in bounded steps: gzip and deflate, one coding, nothing cut short. Pure.

httpx decodes a chunk whole before anyone can look at a limit (2 GB for a brotli bomb of 1 MB) and takes half a gzip file for a
whole one; so bodies are taken raw and decoded here, 64 KiB at a time.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from feedsvc.sources.faults import AttemptError

if TYPE_CHECKING:
    from collections.abc import Iterator

OFFERED = "gzip, deflate"
_STEP = 64 << 10  # bytes: the most that is decoded between two looks at the limit
_GZIP_MAGIC = b"\x1f\x8b\x08"
_GZIP, _ZLIB, _RAW = 31, 15, -15  # window bits, as zlib tells the three forms apart
_DEFLATE = 8  # the method in a zlib header, RFC 1950 2.2
_NO_CODING = frozenset({"", "identity", "none", "utf-8", "utf8"})  # the latter two are charsets in the wrong header


class Inflater:
    """Decodes one body, piece by piece.

    Raises:
        AttemptError: kind "encoding" (damaged, incomplete, stacked, not offered) or "too-large".
    """

    def __init__(self, coding: str, limit: int) -> None:
        self._coding = _checked(coding)
        self._limit = limit
        self._size = 0
        self._head = b""  # until there are enough bytes to tell the form
        self._started = False
        self._stream: zlib._Decompress | None = None  # None = not compressed
        self._complete = True

    def inflate(self, wire: bytes) -> Iterator[bytes]:
        """Yield what `wire` decodes to, in pieces of at most 64 KiB."""
        if not self._started:
            self._head += wire
            if len(self._head) < len(_GZIP_MAGIC):
                return
            wire, self._head = self._head, b""
            self._start(wire)
        if self._stream is None:
            yield self._counted(wire)
        else:
            yield from self._decoded(wire)

    def rest(self) -> Iterator[bytes]:
        """Yield what is left after the last piece, and see that the body was whole."""
        if self._head:
            yield self._counted(self._head)
        if not self._complete:
            raise AttemptError("encoding", "the compressed body is incomplete")

    def _start(self, head: bytes) -> None:
        self._started = True
        if head.startswith(_GZIP_MAGIC):  # also when the header forgets to say so
            self._open(_GZIP)
        elif self._coding == "deflate":  # RFC 9110 means zlib, half the world sends it raw
            self._open(_ZLIB if _has_zlib_header(head) else _RAW)
        # else plain: a header that says gzip and lies

    def _open(self, window_bits: int) -> None:
        self._stream, self._complete = zlib.decompressobj(window_bits), False

    def _decoded(self, wire: bytes) -> Iterator[bytes]:
        while wire:
            if self._complete:
                if not wire.startswith(_GZIP_MAGIC):
                    return  # junk behind the end
                self._open(_GZIP)  # another member, RFC 1952 2.2
            piece, wire = self._step(wire)
            if piece:
                yield self._counted(piece)

    def _step(self, wire: bytes) -> tuple[bytes, bytes]:
        stream = self._stream
        assert stream is not None  # noqa: S101 - for the type checker: only compressed bodies come here
        try:
            piece = stream.decompress(wire, _STEP)
        except zlib.error as error:
            raise AttemptError("encoding", f"the compressed body is damaged: {error}") from error
        self._complete = stream.eof
        return piece, stream.unused_data if stream.eof else stream.unconsumed_tail

    def _counted(self, piece: bytes) -> bytes:
        self._size += len(piece)
        if self._size > self._limit:
            raise AttemptError("too-large", f"decoded, the body has more than {self._limit} bytes; raise `max_bytes`")
        return piece


def _has_zlib_header(head: bytes) -> bool:
    return head[0] & 15 == _DEFLATE and (head[0] << 8 | head[1]) % 31 == 0


def _checked(header: str) -> str:
    codings = [coding for one in header.split(",") if (coding := one.strip().lower()) not in _NO_CODING]
    if len(codings) > 1:
        raise AttemptError("encoding", f"the body is compressed {len(codings)} times over", again=False)
    coding = codings[0] if codings else ""
    if coding not in ("", "gzip", "x-gzip", "deflate"):
        raise AttemptError("encoding", f"the body is in the coding {coding[:40]!r}, which was not offered", again=False)
    return coding
