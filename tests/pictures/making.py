"""Small pictures of every kind, put together byte by byte; `note` makes two of one kind differ."""

from __future__ import annotations

import struct
import zlib

SVG = b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
PAGE = b"<!doctype html><title>Hotlinking is forbidden</title>"


def a_png(note: str = "", width: int = 3, height: int = 2) -> bytes:
    """Return a grey PNG that a browser shows."""
    rows = b"".join(b"\0" + b"\x80" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"tEXt", b"Comment\0" + note.encode()), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def a_gif(width: int = 5, height: int = 4) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b"\x3b"


def a_jpeg(width: int = 640, height: int = 480) -> bytes:
    """Return the head of a JPEG: APP0, a comment behind fill bytes, the frame."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return (
        b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + b"\0" * 9
        + b"\xff\xff\xff\xfe" + struct.pack(">H", 6) + b"note"
        + b"\xff\xc2" + struct.pack(">H", 2 + len(frame)) + frame + b"\xff\xd9"
    )  # fmt: skip


def a_webp(kind: str = "VP8X", width: int = 70, height: int = 50) -> bytes:
    heads = {
        "VP8X": b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"),
        "VP8L": b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little"),
        "VP8 ": b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height),
    }
    chunk = kind.encode() + struct.pack("<I", len(heads[kind])) + heads[kind]
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def an_avif(width: int = 90, height: int = 60, brands: bytes = b"avif\0\0\0\0avifmif1") -> bytes:
    size = struct.pack(">I", 20) + b"ispe" + struct.pack(">III", 0, width, height)
    return struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + struct.pack(">I", 8 + len(size)) + b"meta" + size


KINDS = {
    "png": (a_png(), "image/png", "png", (3, 2)),
    "gif": (a_gif(), "image/gif", "gif", (5, 4)),
    "jpeg": (a_jpeg(), "image/jpeg", "jpg", (640, 480)),
    "webp-extended": (a_webp("VP8X"), "image/webp", "webp", (70, 50)),
    "webp-lossless": (a_webp("VP8L"), "image/webp", "webp", (70, 50)),
    "webp-lossy": (a_webp("VP8 "), "image/webp", "webp", (70, 50)),
    "avif": (an_avif(), "image/avif", "avif", (90, 60)),
    "avif-by-a-compatible-brand": (an_avif(brands=b"mif1\0\0\0\0miafavif"), "image/avif", "avif", (90, 60)),
}
