"""Which bytes are a picture, where an article has its pictures, and how it shows the ones that are kept. Pure.

    article -> places -> wanted -> (fetched, or read) -> TYPES -> Picture -> showing

The type is what the bytes say: a server's word for it is often wrong, and a browser that trusts us must be able to. SVG is
refused: it is a document that may hold scripts, which run where somebody opens its address.
To add a type: a function of `sizes` that reads width and height, and one line in `TYPES`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedsvc.errors import DocumentError
from feedsvc.model import Picture
from feedsvc.pictures import sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_HEAD = 1024  # bytes in which markup shows that it is markup
_SVG = re.compile(rb"<svg[\s>]|<!doctype\s+svg", re.IGNORECASE)
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<")


class NotKeptError(DocumentError):
    """The bytes are no picture that is kept. `kind`: "active" (SVG), "not-a-picture", "type" (not among the wanted ones)."""

    def __init__(self, message: str, *, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class PictureType:
    """One format: how its first bytes are known, and how its size is read."""

    name: str
    extension: str
    begins: re.Pattern[bytes]
    measure: Callable[[bytes], tuple[int, int] | None]  # whole file -> width and height in pixels

    @property
    def media_type(self) -> str:
        """The Content-Type that it is served with."""
        return f"image/{self.name}"


TYPES = (
    PictureType("png", "png", re.compile(rb"\x89PNG\r\n\x1a\n"), sizes.png),
    PictureType("jpeg", "jpg", re.compile(rb"\xff\xd8\xff"), sizes.jpeg),
    PictureType("gif", "gif", re.compile(rb"GIF8[79]a"), sizes.gif),
    PictureType("webp", "webp", re.compile(rb"RIFF....WEBP", re.DOTALL), sizes.webp),
    PictureType("avif", "avif", re.compile(rb".{4}ftyp(?:avi[fs]|.{8}(?:.{4}){0,15}?avi[fs])", re.DOTALL), sizes.avif),
)
NAMES = tuple(each.name for each in TYPES)
EXTENSIONS = {each.media_type: each.extension for each in TYPES}
MEDIA_TYPES = {each.extension: each.media_type for each in TYPES}


def recognised(body: bytes, wanted: Collection[str] = NAMES) -> Picture:
    """Return what the bytes `body` are, one of the types `wanted` (names of `TYPES`).

    Raises:
        NotKeptError: they are something else.
    """
    found = next((each for each in TYPES if each.begins.match(body)), None)
    if found is None:
        raise _refusal(body)
    if found.name not in wanted:
        raise NotKeptError(f"a picture of type {found.name}, which `types` does not name", kind="type")
    width, height = found.measure(body) or (None, None)
    return Picture(
        digest=hashlib.sha256(body).hexdigest(),
        media_type=found.media_type,
        extension=found.extension,
        size=len(body),
        width=width,
        height=height,
    )


def _refusal(body: bytes) -> NotKeptError:
    head = body[:_HEAD]
    if _SVG.search(head):
        return NotKeptError("an SVG: it may hold scripts, so it is not kept", kind="active")
    what = "a page" if _MARKUP.match(head) else f"bytes that begin with {head[:8]!r}"
    return NotKeptError(f"no picture but {what}", kind="not-a-picture")
