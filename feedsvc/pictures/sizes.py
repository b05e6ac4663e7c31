"""Width and height of a picture in pixels, from the head of its file; None where that does not say. Pure.

Nothing is decoded. Every function takes any bytes whatever and looks at a bounded part of them.
"""

from __future__ import annotations

from typing import Final

_SEGMENTS: Final = 1000  # of a JPEG before its frame: thumbnails, colour profiles
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # SOF markers (ITU-T T.81 table B.1)
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_AVIF_HEAD: Final = 16_384  # bytes in which the boxes of an AVIF say its size


def png(body: bytes) -> tuple[int, int] | None:
    """Read IHDR (PNG, 11.2.1), which comes first."""
    return _pair(body, 16, 20, 4) if body[12:16] == b"IHDR" else None


def gif(body: bytes) -> tuple[int, int] | None:
    """Read the logical screen (GIF89a, 18)."""
    return _pair(body, 6, 8, 2, little=True)


def jpeg(body: bytes) -> tuple[int, int] | None:
    """Walk the segments up to the frame header (ITU-T T.81, B.2.2)."""
    at = 2
    for _ in range(_SEGMENTS):
        while body[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if at + 4 > len(body) or body[at] != 0xFF:  # noqa: PLR2004 - the marker's first byte
            return None
        marker, length = body[at + 1], int.from_bytes(body[at + 2 : at + 4])
        if marker in _FRAMES:
            return _pair(body, at + 7, at + 5, 2)
        at += 2 if marker in _ALONE else 2 + length
    return None


def webp(body: bytes) -> tuple[int, int] | None:
    """Read the first chunk: extended, lossless or lossy (RFC 9649 §2)."""
    kind = body[12:16]
    if kind == b"VP8X":
        found = _pair(body, 24, 27, 3, little=True)
        return (found[0] + 1, found[1] + 1) if found else None
    if kind == b"VP8L" and len(body) >= 25:  # noqa: PLR2004 - where its head ends
        bits = int.from_bytes(body[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        found = _pair(body, 26, 28, 2, little=True)
        return (found[0] & 0x3FFF, found[1] & 0x3FFF) if found else None
    return None


def avif(body: bytes) -> tuple[int, int] | None:
    """Find the first `ispe` property (ISO/IEC 23008-12 §6.5.3)."""
    at = body.find(b"ispe", 0, _AVIF_HEAD)
    return _pair(body, at + 8, at + 12, 4) if at >= 0 else None


def _pair(body: bytes, first: int, second: int, size: int, *, little: bool = False) -> tuple[int, int] | None:
    """Return the numbers of `size` bytes at `first` and `second`; None when the file ends before, or one of them is 0."""
    if len(body) < max(first, second) + size:
        return None
    width, height = (int.from_bytes(body[at : at + size], "little" if little else "big") for at in (first, second))
    return (width, height) if width and height else None
