"""Content-Encoding undone in bounded steps: gzip and deflate, one coding, nothing cut short. Pure.

httpx decodes a chunk whole before anyone can look at a limit (2 GB for a brotli bomb of 1 MB) and takes half a gzip file for a
whole one; so bodies are taken raw and decoded here, 64 KiB at a time.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from feedsvc.sources.http.error_classes import AttemptError

if TYPE_CHECKING:
    from collections.abc import Iterator

OFFERED = "gzip, deflate"
_STEP = 64 << 10  # bytes: the most that is decoded between two looks at the limit
_GZIP_MAGIC = b"\x1f\x8b\x08"
_GZIP, _ZLIB, _RAW = 31, 15, -15  # window bits, as zlib tells the three forms apart
_DEFLATE = 8  # the method in a zlib header, RFC 1950 2.2
_NO_CODING = frozenset({"", "identity", "none", "utf-8", "utf8"})  # the latter two are charsets in the wrong header


class Decoder:
    """Decodes one body, piece by piece.

    Raises:
        AttemptError: kind "encoding" (damaged, incomplete, stacked, not offered) or "too-large".
    """

    def __init__(self, coding: str, limit: int) -> None:
        self._coding = _checked(coding)
        self._limit = limit
        self._size = 0
        self._head = b""  # what came in of the next member, until there is enough of it to tell its form
        self._undecided = True  # at the start, and again behind each member
        self._stream: zlib._Decompress | None = None  # None = not compressed
        self._members = 0  # that came to their end
        self._complete = True

    def inflate(self, wire: bytes) -> Iterator[bytes]:
        """Yield what `wire` decodes to, in pieces of at most 64 KiB."""
        wire, self._head = self._head + wire, b""
        while wire:
            if self._undecided:
                if len(wire) < len(_GZIP_MAGIC):
                    self._head = wire
                    return
                self._decide(wire)
            if self._stream is None:
                if not self._members:  # else it is junk behind the end
                    yield self._counted(wire)
                return
            piece, wire = self._step(self._stream, wire)
            if piece:
                yield self._counted(piece)

    def rest(self) -> Iterator[bytes]:
        """Yield what is left after the last piece, and see that the body was whole."""
        if self._head and not self._members:
            yield self._counted(self._head)
        if not self._complete:
            raise AttemptError("encoding", "the compressed body is incomplete")

    def _decide(self, head: bytes) -> None:
        self._undecided, self._stream = False, None
        if head.startswith(_GZIP_MAGIC):  # another member (RFC 1952 2.2), or a header that forgot to say gzip
            self._open(_GZIP)
        elif self._coding == "deflate" and not self._members:  # RFC 9110 means zlib, half the world sends it raw
            self._open(_ZLIB if _has_zlib_header(head) else _RAW)
        # else plain: a header that says gzip and lies

    def _open(self, window_bits: int) -> None:
        self._stream, self._complete = zlib.decompressobj(window_bits), False

    def _step(self, stream: zlib._Decompress, wire: bytes) -> tuple[bytes, bytes]:
        try:
            piece = stream.decompress(wire, _STEP)
        except zlib.error as error:
            raise AttemptError("encoding", f"the compressed body is damaged: {error}") from error
        if not stream.eof:
            return piece, stream.unconsumed_tail
        self._undecided, self._complete, self._members = True, True, self._members + 1
        return piece, stream.unused_data

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
