"""Entries packed once, and joined into any number of gzip files (RFC 1951, RFC 1952). Pure.

    fragment --pack()--> Packed     whole blocks of DEFLATE, which refer to nothing before them
    Packed, Packed, ... --gzipped()--> the gzip file of all of them, in their order

So a page of fifty entries costs the joining of fifty strings, however many feeds show them; the price is that entries
cannot borrow from one another: 2.4 times smaller instead of 3.0, of real posts. ISA-L packs five times as fast as zlib.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SUFFIX: Final = ".gz"

_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no name, no date: the same entries, the same bytes
_END: Final = b"\x03\x00"  # a last block, empty
_LEVEL: Final = 1  # of 0 to 3: 2 and 3 make it slower and hardly smaller
_WRAPPING: Final = -15  # a window of 32 KiB, no header and no trailer


@dataclass(frozen=True, slots=True)
class Packed:
    """A piece of a document, compressed."""

    body: bytes
    size: int  # bytes of what it stands for
    checksum: int  # CRC-32 of what it stands for


def pack(piece: bytes) -> Packed:
    """Return `piece` compressed."""
    library, packer = _isal(), _packer()
    body = packer.compress(piece) + packer.flush(library.Z_FULL_FLUSH)  # the next piece begins with an empty window
    return Packed(body, len(piece), library.crc32(piece))


def gzipped(pieces: Iterable[Packed]) -> bytes:
    """Return the gzip file of `pieces`, in their order."""
    combine = _isal().crc32_combine
    found, size, checksum = [_HEADER], 0, 0
    for piece in pieces:
        found.append(piece.body)
        checksum = combine(checksum, piece.checksum, piece.size)
        size += piece.size
    found += (_END, struct.pack("<LL", checksum, size & 0xFFFFFFFF))
    return b"".join(found)


@cache
def _packer() -> Any:  # noqa: ANN401 - as below
    """Return the one compressor of all pieces: to make one costs more than to pack an entry."""
    library = _isal()
    return library.compressobj(_LEVEL, library.DEFLATED, _WRAPPING)


@cache
def _isal() -> Any:  # noqa: ANN401 - a module
    from isal import isal_zlib  # noqa: PLC0415 - a run that changes nothing packs nothing

    return isal_zlib
