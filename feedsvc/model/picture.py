"""Pictures of articles that are kept: what is wanted, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from feedsvc.model.document import Enclosure

PictureRole = Literal["image", "content", "enclosure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the bytes of a picture say of themselves, whatever anybody announced."""

    digest: str  # SHA-256 of the bytes, hex
    media_type: str  # "image/png"
    extension: str  # "png"
    size: int  # bytes
    width: int | None = None  # pixels; None = the head of the file does not say
    height: int | None = None  # pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Illustrated:
    """An article as far as its pictures are concerned."""

    id: int
    source: str
    locator: str  # of its document
    url: str  # of the original, "" unknown
    content: str  # sanitised HTML
    image: str = ""  # absolute, "" = none
    said: str = ""  # the picture that its front matter named, where that was no address
    enclosures: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One picture that is to be had."""

    url: str  # as it stands in the article
    source: str
    article: int  # the newest one that shows it
    role: PictureRole = "content"
    beside: bool = False  # a file near the article's document, in a directory source
    tries: int = 0  # that failed
